// SPDX-License-Identifier: Apache-2.0
// Who the child is: its cgroups, its namespaces, its ids.
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>

#include <csignal>

#include "core/base/text.hpp"
#include "core/kernel/safe_paths.hpp"
#include "core/start/child/steps.hpp"

namespace lxcx::core {

namespace {

Result<void> write_time_offsets(ChildContext& context) {
  const ContainerConfig& config = context.config;
  LXCX_TRY(proc, context.kernel.openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY));
  const std::string lines = "monotonic " + std::to_string(config.monotonic_offset_s) + " " + std::to_string(config.monotonic_offset_ns) +
                            "\nboottime " + std::to_string(config.boottime_offset_s) + " " + std::to_string(config.boottime_offset_ns) + "\n";
  LXCX_CHECK(doing(write_proc(context.kernel, proc.get(), "self/timens_offsets", lines), "lxc.time.offset"));
  // time_namespaces(7): unshare moves the children only; entering makes it this process's own on kernels before 6.0 too.
  LXCX_TRY(fd, context.kernel.openat(AT_FDCWD, "/proc/self/ns/time_for_children", O_RDONLY));
  return context.kernel.setns(fd.get(), CLONE_NEWTIME);
}

}  // namespace

Result<void> die_with_parent(ChildContext& context) {
  LXCX_CHECK(context.kernel.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
  // What the parent set up for itself is not init's.
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::umask(022);
  return {};
}

// A process moving itself on v1 costs 0.05 ms, being moved 5-13 ms (docs/performance.md). v2 was joined by the clone itself.
Result<void> join_cgroups(ChildContext& context) {
  for (const UniqueFd& tasks : context.v1_tasks) LXCX_CHECK(context.kernel.write(tasks.get(), "0", 1));
  context.v1_tasks.clear();
  return {};
}

Result<void> join_shared_namespaces(ChildContext& context) {
  constexpr std::array<int, 8> types{CLONE_NEWUSER, CLONE_NEWNS, 0, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWCGROUP, CLONE_NEWTIME};
  // The user namespace last: entering it gives up the power over the others. pid was joined by the clone.
  for (std::size_t i = types.size(); i-- > 0;)
    if (context.shared[i] && types[i] != 0) LXCX_CHECK(context.kernel.setns(context.shared[i].get(), types[i]));
  return {};
}

Result<void> become_root(ChildContext& context) {
  LXCX_TRY(message, receive_frame(context.kernel, context.sync.get()));
  if (message.frame != Frame::mapped) return fail(Code::internal, "the parent sent another frame than 'mapped'");
  const bool in_user_namespace = (context.start.state.clone_flags & CLONE_NEWUSER) != 0 || context.shared[static_cast<std::size_t>(Namespace::user)];
  if (!in_user_namespace) return {};
  LXCX_CHECK(context.kernel.setgroups({}));
  LXCX_CHECK(context.kernel.setresgid(0, 0, 0));
  LXCX_CHECK(context.kernel.setresuid(0, 0, 0));
  // Changing ids clears both (prctl(2)).
  LXCX_CHECK(context.kernel.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
  LXCX_CHECK(context.kernel.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
  return {};
}

// Only now is the child in its cgroups, which become the namespace's root (cgroup_namespaces(7)).
Result<void> unshare_late_namespaces(ChildContext& context) {
  const unsigned flags = context.start.state.clone_flags;
  if ((flags & CLONE_NEWCGROUP) != 0) LXCX_CHECK(context.kernel.unshare(CLONE_NEWCGROUP));
  if ((flags & CLONE_NEWTIME) == 0) return {};
  LXCX_CHECK(context.kernel.unshare(CLONE_NEWTIME));
  return write_time_offsets(context);
}

Result<void> set_hostname(ChildContext& context) {
  const bool own_uts = (context.start.state.clone_flags & CLONE_NEWUTS) != 0;
  if (context.config.hostname.empty() || !own_uts) return {};
  return doing(context.kernel.sethostname(context.config.hostname), "lxc.uts.name");
}

Result<void> make_keyring(ChildContext& context) {
  if (context.config.keep_keyring) return {};
  Result<void> joined = context.kernel.keyctl_join_session();
  // A quota of keys, or a seccomp filter around lxcx itself: LXC goes on without, and so do we.
  if (!joined && (joined.error().sys_errno == EPERM || joined.error().sys_errno == ENOSYS || joined.error().sys_errno == EDQUOT)) {
    context.start.log().warn("no session keyring of its own: " + joined.error().message + ", ignoring");
    return {};
  }
  return joined;
}

Result<void> set_personality(ChildContext& context) {
  if (!context.config.personality) return {};
  return doing(context.kernel.personality(*context.config.personality), "lxc.arch");
}

namespace {

/// Of a container's init. A directory of /proc stays that process's, even when the pid is used again: what is true after it was opened holds.
Result<UniqueFd> namespace_of(StartContext& context, const ContainerPaths& other, const RunState& state, std::string_view name,
                              const Location& where) {
  const Result<UniqueFd> process = context.kernel.openat(AT_FDCWD, ("/proc/" + std::to_string(state.init.pid)).c_str(), O_PATH | O_DIRECTORY);
  if (process && is_up(state.state) && is_alive(state.init))
    return context.kernel.openat(process->get(), ("ns/" + std::string(name)).c_str(), O_RDONLY);
  return std::unexpected(
      Error{Code::not_running, 0, "'" + other.name + "' is not running", "start it first, or name a process or a namespace file", {}, where, {}});
}

}  // namespace

Result<SharedNamespaces> open_shared_namespaces(StartContext& context) {
  SharedNamespaces all;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Setting& share = context.config.namespaces_share[i];
    if (share.value.empty()) continue;
    std::string path = share.value;
    if (path[0] != '/' || path.find("/ns/") == std::string::npos) {
      pid_t pid = static_cast<pid_t>(parse_integer(share.value).value_or(0));
      if (pid <= 0) {
        ContainerPaths other = context.paths;
        const std::size_t slash = share.value.find_last_of('/');
        other.name = share.value.substr(slash == std::string::npos ? 0 : slash + 1);
        if (slash != std::string::npos) other.lxcpath = share.value.substr(0, slash);
        Result<RunDirectory> run = RunDirectory::open(context.kernel, context.host.root, other);
        if (!run) {
          run.error().where = share.where;
          run.error().hint = "start it first, or name a process or a namespace file";
          return std::unexpected(std::move(run).error());
        }
        LXCX_TRY(state, run->read_state());
        LXCX_TRY(fd, namespace_of(context, other, state, namespace_names[i], share.where));
        all[i] = std::move(fd);
        continue;
      }
      path = "/proc/" + std::to_string(pid) + "/ns/" + std::string(namespace_names[i]);
    }
    Result<UniqueFd> fd = context.kernel.openat(AT_FDCWD, path.c_str(), O_RDONLY);
    if (!fd) {
      fd.error().where = share.where;
      return std::unexpected(std::move(fd).error());
    }
    all[i] = std::move(*fd);
  }
  return all;
}

}  // namespace lxcx::core
