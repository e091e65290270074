// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "core/attach/helper.hpp"
#include "core/base/text.hpp"
#include "core/container/namespaces.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"
#include "core/start/child/child.hpp"
#include "core/start/launch.hpp"
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

constexpr int restorer_patience_ms = 60'000;

bool has_time_offsets(const ContainerConfig& config) {
  return config.boottime_offset_s != 0 || config.boottime_offset_ns != 0 || config.monotonic_offset_s != 0 || config.monotonic_offset_ns != 0;
}

/// lxc.net.0.type = none, alone, asks for the host's network.
bool shares_network(const StartContext& context) {
  const auto& nics = context.plugins.nics;
  return nics.size() == 1 && nics.front().shares_host_namespace;
}

/// The pid namespace of lxc.namespace.share.pid is entered by the parent's next child only (setns(2)); ours comes back right after.
Result<void> enter_shared_pid_namespace(StartContext& context, int fd) { return context.kernel.setns(fd, CLONE_NEWPID); }

Result<pid_t> clone_child(StartContext& context, unsigned flags) {
  UniqueFd cgroup;
  clone_args arguments{};
  int pidfd = -1;
  arguments.flags = (flags & ~static_cast<unsigned>(CLONE_NEWCGROUP | CLONE_NEWTIME)) | CLONE_PIDFD;
  arguments.exit_signal = SIGCHLD;
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  if (!context.state.cgroup.empty() && context.cgroups) {
    const std::string& inner = context.config.cgroup_dir_container_inner;
    LXCX_TRY(fd, context.cgroups->open_v2(inner.empty() ? context.state.cgroup : context.state.cgroup + "/" + inner));
    cgroup = std::move(fd);
    if (cgroup) {
      arguments.flags |= CLONE_INTO_CGROUP;
      arguments.cgroup = static_cast<unsigned>(cgroup.get());
    }
  }
  LXCX_TRY(pid, context.kernel.clone3(arguments));
  if (pid != 0) context.init_pidfd.reset(pidfd);
  return pid;
}

std::string map_lines(const ContainerConfig& config, std::uint32_t kind) {
  std::string lines;
  for (const lxcx_idmap& map : config.idmap)
    if (map.kind == kind) lines += std::to_string(map.container_id) + " " + std::to_string(map.host_id) + " " + std::to_string(map.range) + "\n";
  return lines;
}

Result<void> open_tiny_init(StartContext& context) {
  const bool is_landlocked =
      std::ranges::any_of(context.actions, [](const SecurityAction& action) { return action.type == SecurityAction::Type::landlock; });
  const std::string program = context.host.layout.program_directory + "/lxcx-init";
  LXCX_TRY(opened, is_landlocked ? copy_helper(context.kernel, program) : open_helper(context.kernel, program));
  context.tiny_init = std::move(opened);
  return {};
}

}  // namespace

unsigned namespaces_to_clone(const StartContext& context) {
  const ContainerConfig& config = context.config;
  unsigned wanted = 0;
  for (std::size_t i = 0; i < clone_bits.size(); ++i) wanted |= namespace_bit(static_cast<Namespace>(i));
  if (config.namespaces_clone != 0) {
    wanted = config.namespaces_clone;
  } else {
    if (config.idmap.empty()) wanted &= ~namespace_bit(Namespace::user);
    if (shares_network(context)) wanted &= ~namespace_bit(Namespace::net);
    if (!has_time_offsets(config)) wanted &= ~namespace_bit(Namespace::time);
    wanted &= ~config.namespaces_keep;
  }
  unsigned flags = 0;
  for (std::size_t i = 0; i < clone_bits.size(); ++i)
    if ((wanted & namespace_bit(static_cast<Namespace>(i))) != 0 && config.namespaces_share[i].value.empty()) flags |= clone_bits[i];
  return flags;
}

Result<void> clone_init(StartContext& context) {
  const unsigned flags = namespaces_to_clone(context);
  if (context.request.execute) LXCX_CHECK(open_tiny_init(context));
  context.state.clone_flags = flags;
  LXCX_TRY(ends, context.kernel.socketpair(SOCK_SEQPACKET));
  std::vector<UniqueFd> v1_tasks;
  if (!context.state.cgroup.empty()) {
    const std::string& inner = context.config.cgroup_dir_container_inner;
    LXCX_TRY(tasks, context.cgroups->open_v1_tasks(inner.empty() ? context.state.cgroup : context.state.cgroup + "/" + inner));
    v1_tasks = std::move(tasks);
  }
  LXCX_TRY(shared, open_shared_namespaces(context));
  const UniqueFd& shared_pid = shared[static_cast<std::size_t>(Namespace::pid)];
  if (shared_pid) LXCX_CHECK(enter_shared_pid_namespace(context, shared_pid.get()));
  Result<pid_t> pid = clone_child(context, flags);
  if (pid && *pid == 0) {
    // The parent's end is the parent's alone: that it closes is how the child learns of a death before PR_SET_PDEATHSIG was set.
    ends.first.reset();
    run_child(context, std::move(ends.second), std::move(v1_tasks), std::move(shared));
  }
  if (shared_pid) {
    LXCX_TRY(own, context.kernel.openat(AT_FDCWD, "/proc/self/ns/pid", O_RDONLY));
    LXCX_CHECK(context.kernel.setns(own.get(), CLONE_NEWPID));
  }
  if (!pid) return std::unexpected(std::move(pid).error());
  context.init = *pid;
  context.sync = std::move(ends.first);
  context.state.init = {*pid, start_time_of(*pid).value_or(0)};
  context.state.monitor = this_process();
  LXCX_CHECK(context.run->write_state(context.state));
  if ((flags & CLONE_NEWNET) == 0) return {};
  LXCX_TRY(netns, context.kernel.openat(AT_FDCWD, ("/proc/" + std::to_string(*pid) + "/ns/net").c_str(), O_RDONLY));
  context.netns = std::move(netns);
  return {};
}

/// A criu that is cut off gives up and takes back what it restored, as soon as it finds nobody at the gate; killed, it would leave all of it
/// standing still for ever. What is left of it then is in the container's cgroup.
Result<void> await_restorer(StartContext& context) {
  const auto found = context.state.extra.find(std::string(restorer));
  if (found == context.state.extra.end()) return {};
  const std::vector<std::string> parts = split(found->second, ' ');
  const auto number = [&](std::size_t i) { return i < parts.size() ? parse_integer(parts[i]).value_or(0) : 0; };
  const ProcessId criu{static_cast<pid_t>(number(0)), static_cast<std::uint64_t>(number(1))};
  if (!is_alive(criu)) return {};
  LXCX_TRY(fd, context.kernel.pidfd_open(criu.pid));
  if (!is_alive(criu)) return {};
  LXCX_TRY(ended, context.kernel.wait_pidfd(fd.get(), restorer_patience_ms));
  if (!ended) {
    LXCX_CHECK(context.kernel.pidfd_send_signal(fd.get(), SIGKILL));
    LXCX_CHECK(context.kernel.wait_pidfd(fd.get(), -1));
  }
  (void)::waitpid(criu.pid, nullptr, WNOHANG);
  return {};
}

// Also run by a teardown: then init is not our child, and may be long gone.
Result<void> kill_init(StartContext& context) {
  context.sync.reset();
  context.netns.reset();
  if (context.close_gate) context.close_gate();
  LXCX_CHECK(await_restorer(context));
  if (!is_alive(context.state.init)) {
    if (context.init_pidfd) (void)::waitpid(context.init, nullptr, WNOHANG);
    return {};
  }
  if (!context.init_pidfd) {
    LXCX_TRY(fd, context.kernel.pidfd_open(context.state.init.pid));
    if (!is_alive(context.state.init)) return {};
    context.init_pidfd = std::move(fd);
  }
  LXCX_CHECK(context.kernel.pidfd_send_signal(context.init_pidfd.get(), SIGKILL));
  LXCX_CHECK(context.kernel.wait_pidfd(context.init_pidfd.get(), -1));
  (void)::waitpid(context.state.init.pid, nullptr, WNOHANG);
  return {};
}

Result<void> map_ids(StartContext& context) {
  if ((context.state.clone_flags & CLONE_NEWUSER) != 0) {
    LXCX_TRY(proc, context.kernel.openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY));
    const std::string base = std::to_string(context.init);
    // user_namespaces(7): each map is written once, whole.
    LXCX_CHECK(doing(write_proc(context.kernel, proc.get(), (base + "/uid_map").c_str(), map_lines(context.config, 'u')), "lxc.idmap"));
    LXCX_CHECK(doing(write_proc(context.kernel, proc.get(), (base + "/gid_map").c_str(), map_lines(context.config, 'g')), "lxc.idmap"));
  }
  return send_frame(context.kernel, context.sync.get(), Frame::mapped);
}

}  // namespace lxcx::core
