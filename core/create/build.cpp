// SPDX-License-Identifier: Apache-2.0
#include "core/create/build.hpp"

#include <fcntl.h>

#include "core/base/error_frame.hpp"
#include "core/base/text.hpp"
#include "core/create/in_volume.hpp"
#include "core/start/calls.hpp"
#include "core/start/context.hpp"

namespace lxcx::core {

namespace {

Result<void> silence(Kernel& kernel) {
  LXCX_TRY(null, kernel.openat(AT_FDCWD, "/dev/null", O_RDWR));
  LXCX_CHECK(kernel.dup2(null.get(), 0));
  LXCX_CHECK(kernel.dup2(null.get(), 1));
  return {};
}

Result<void> build_here(Host& host, const ContainerPaths& paths, const BuildRequest& request, const std::string& rootfs, int out, Log& log) {
  if (request.create.quiet) LXCX_CHECK(silence(host.kernel));
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
  return {};
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

}  // namespace

Result<BuildOutcome> build_rootfs(Host& host, const ContainerPaths& paths, const BuildRequest& request) {
  BuildOutcome outcome;
  const VolumePlace place{paths, request.config, request.storage_name, request.storage, request.storage_settings, request.source, {}};
  VolumeWork work;
  work.run = [&](const std::string& rootfs, int out, Log& log) { return build_here(host, paths, request, rootfs, out, log); };
  work.on_step = [&](std::string_view payload) { take_progress(request.create, payload); };
  work.on_result = [&](std::string_view payload) { take_result(outcome, payload); };
  work.cancelled = request.create.cancelled;
  LXCX_CHECK(work_in_volume(host, place, work));
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
