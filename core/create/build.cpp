// SPDX-License-Identifier: Apache-2.0
#include "core/create/build.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "core/base/error_frame.hpp"
#include "core/base/text.hpp"
#include "core/kernel/files.hpp"
#include "core/start/calls.hpp"
#include "core/start/context.hpp"
#include "core/start/frame_log.hpp"

namespace lxcx::core {

namespace {

/// Mounts the volume where the template shall find it. A plain directory is seen at its own path, as under LXC.
Result<std::string> mount_volume(Host& host, const ContainerPaths& paths, const BuildRequest& request, Log& log) {
  Kernel& kernel = host.kernel;
  LXCX_CHECK(kernel.unshare(CLONE_NEWNS));
  LXCX_CHECK(kernel.mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr));
  const std::string directory = paths.directory();
  HostCall call({&log, "storage '" + request.storage_name + "'", request.storage_settings, nullptr, {}, nullptr});
  Call view = call.call();
  LXCX_TRY(fd, request.storage->attach(view, Volume{paths.name, request.source, directory, request.config.rootfs_options, request.config.idmap}));
  const UniqueFd mount(fd);
  const bool is_directory =
      request.source.starts_with('/') && kernel.openat(AT_FDCWD, request.source.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW).has_value();
  std::string where = is_directory ? request.source : host.root.default_rootfs_mount();
  LXCX_CHECK(make_directories(kernel, where, 0755));
  LXCX_TRY(point, kernel.openat(AT_FDCWD, where.c_str(), O_PATH | O_DIRECTORY));
  LXCX_CHECK(kernel.move_mount(mount.get(), "", point.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
  return where;
}

Result<void> silence(Kernel& kernel) {
  LXCX_TRY(null, kernel.openat(AT_FDCWD, "/dev/null", O_RDWR));
  LXCX_CHECK(kernel.dup2(null.get(), 0));
  LXCX_CHECK(kernel.dup2(null.get(), 1));
  return {};
}

Result<void> build_here(Host& host, const ContainerPaths& paths, const BuildRequest& request, int out, Log& log) {
  if (request.create.quiet) LXCX_CHECK(silence(host.kernel));
  LXCX_TRY(rootfs, doing(mount_volume(host, paths, request, log), "mount the new volume"));
  const std::string directory = paths.directory(), config_path = paths.config();
  Build build{paths.name, directory, rootfs, config_path, request.config.idmap, {}};
  build.args.assign(request.create.template_args.begin(), request.create.template_args.end());
  HostCall::Inputs inputs;
  inputs.log = &log;
  inputs.who = "template '" + request.template_name + "'";
  inputs.settings = request.template_settings;
  inputs.cancelled = request.create.cancelled;
  inputs.progress = [&](std::uint64_t done, std::uint64_t total) {
    (void)send_frame(host.kernel, out, Frame::step, std::to_string(done) + "\t" + std::to_string(total));
  };
  HostCall call(std::move(inputs));
  Call view = call.call();
  LXCX_CHECK(request.builder->build(view, build));
  for (const auto& [key, value] : call.results) LXCX_CHECK(send_frame(host.kernel, out, Frame::terminals, key + "\t" + value));
  return send_frame(host.kernel, out, Frame::ready);
}

void take_result(BuildOutcome& outcome, std::string_view payload) {
  const std::size_t tab = payload.find('\t');
  if (tab == std::string_view::npos) return;
  if (payload.substr(0, tab) == "config") outcome.config_lines.emplace_back(payload.substr(tab + 1));
  if (payload.substr(0, tab) == "message") outcome.messages.emplace_back(payload.substr(tab + 1));
}

void take_progress(const CreateRequest& request, std::string_view payload) {
  const std::vector<std::string> parts = split(payload, '\t');
  if (parts.size() != 2 || !request.progress) return;
  request.progress(static_cast<std::uint64_t>(parse_integer(parts[0]).value_or(0)), static_cast<std::uint64_t>(parse_integer(parts[1]).value_or(0)));
}

/// Until the template's process says something. A Ctrl-C reaches that one too; who ends lxcx alone has it passed on.
Result<void> await_word(Kernel& kernel, int fd, pid_t builder, const CreateRequest& request) {
  constexpr int look_again_ms = 100;
  bool is_told = false;
  while (request.cancelled != nullptr) {
    pollfd ready{fd, POLLIN, 0};
    const Result<int> count = kernel.poll({&ready, 1}, look_again_ms);
    if (!count && count.error().sys_errno != EINTR) return std::unexpected(count.error());
    if (count && *count > 0) break;
    if (request.is_cancelled() && !is_told) is_told = kernel.kill(builder, SIGTERM).has_value();
  }
  return {};
}

Result<BuildOutcome> hear_builder(Host& host, int fd, pid_t builder, const CreateRequest& request) {
  BuildOutcome outcome;
  while (true) {
    LXCX_CHECK(await_word(host.kernel, fd, builder, request));
    LXCX_TRY(message, doing(receive_frame(host.kernel, fd), "the template's process"));
    switch (message.frame) {
      case Frame::error: return std::unexpected(unpack_error(message.payload));
      case Frame::log:
        if (const std::optional<LogLine> line = read_log_line(message.payload)) host.log.write(line->level, line->text);
        break;
      case Frame::step: take_progress(request, message.payload); break;
      case Frame::terminals: take_result(outcome, message.payload); break;
      case Frame::ready: return outcome;
      case Frame::listener:
      case Frame::mapped:
      case Frame::map_mount:
      case Frame::go: return fail(Code::internal, "the template's process sent a frame that only a parent sends");
    }
  }
}

}  // namespace

Result<BuildOutcome> build_rootfs(Host& host, const ContainerPaths& paths, const BuildRequest& request) {
  LXCX_TRY(ends, host.kernel.socketpair(SOCK_SEQPACKET));
  LXCX_TRY(child, host.kernel.fork());
  if (child == 0) {
    ends.first.reset();
    (void)host.kernel.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    FrameLog log(host.kernel, ends.second.get(), host.log);
    const Result<void> done = build_here(host, paths, request, ends.second.get(), log);
    if (!done) (void)send_frame(host.kernel, ends.second.get(), Frame::error, pack_error(done.error()));
    ::_exit(done ? 0 : 1);
  }
  ends.second.reset();
  Result<BuildOutcome> outcome = hear_builder(host, ends.first.get(), child, request.create);
  ends.first.reset();
  if (!outcome) (void)host.kernel.kill(child, SIGKILL);
  LXCX_CHECK(host.kernel.wait_pid(child));
  return outcome;
}

void tell_hooks_of_create(Host& host, const ContainerPaths& paths) {
  Result<ContainerConfig> config = load_config(paths.config(), host.source, nullptr);
  if (!config) return;
  StartContext context(host, paths, std::move(*config));
  const Result<WantedPlugins> wanted = wanted_plugins(host, context.config);
  if (!wanted || wanted->hooks.empty()) return;
  Result<LoadedPlugins> loaded = load_plugins(host, context.config);
  Result<void> told = loaded ? Result<void>{} : Result<void>(std::unexpected(loaded.error()));
  if (loaded) {
    context.plugins = std::move(*loaded);
    told = run_event(context, LXCX_EVENT_CREATE);
  }
  if (!told) host.log.warn("after the creation of '" + paths.name + "': " + told.error().message + ", ignoring");
}

}  // namespace lxcx::core
