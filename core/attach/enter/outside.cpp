// SPDX-License-Identifier: Apache-2.0
// What is done while no process of the container can see this one.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "core/attach/enter/context.hpp"

namespace lxcx::enter {
namespace {

constexpr std::size_t max_descriptors = 128;

int compare(const void* a, const void* b) {
  const int left = *static_cast<const int*>(a);
  const int right = *static_cast<const int*>(b);
  return (left > right) - (left < right);
}

int close_between(int first, int last) {
  if (first > last) return 0;
  return ::syscall(SYS_close_range, static_cast<unsigned>(first), static_cast<unsigned>(last), 0) == 0 ? 0 : errno;
}

const char* namespace_name(std::uint32_t type) {
  switch (type) {
    case CLONE_NEWUSER: return "user";
    case CLONE_NEWNS: return "mnt";
    case CLONE_NEWPID: return "pid";
    case CLONE_NEWUTS: return "uts";
    case CLONE_NEWIPC: return "ipc";
    case CLONE_NEWNET: return "net";
    case CLONE_NEWCGROUP: return "cgroup";
    default: return "time";
  }
}

/// Enters those that are, or are not, the user namespace.
int enter(Context& context, bool user) {
  const auto* entries = context.at<NamespaceEntry>(context.plan->namespaces);
  for (std::uint32_t i = 0; i < context.plan->namespaces.count; ++i) {
    if ((entries[i].type == CLONE_NEWUSER) != user) continue;
    context.detail = namespace_name(entries[i].type);
    if (::setns(entries[i].fd, static_cast<int>(entries[i].type)) != 0) return errno;
    ::close(entries[i].fd);
  }
  return 0;
}

/// CVE-2015-1334: by the procfs of the host, never by what the container shows at /proc.
int write_own_proc(int proc_fd, const char* path, const char* value, std::size_t size) {
  open_how how = {};
  how.flags = O_WRONLY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  const long fd = ::syscall(SYS_openat2, proc_fd, path, &how, sizeof how);
  if (fd < 0) return errno;
  struct statfs found = {};
  int error = ::fstatfs(static_cast<int>(fd), &found) != 0 ? errno : found.f_type != PROC_SUPER_MAGIC ? ENOTSUP : 0;
  if (error == 0) {
    const ssize_t written = ::write(static_cast<int>(fd), value, size);
    if (written != static_cast<ssize_t>(size)) error = written < 0 ? errno : EIO;
  }
  ::close(static_cast<int>(fd));
  return error;
}

}  // namespace

// CVE-2016-8649, CVE-2024-21626: whatever the caller leaked is gone before the container comes near.
int close_descriptors(Context& context) {
  const Plan& plan = *context.plan;
  int kept[max_descriptors];
  std::size_t count = 0;
  const auto keep = [&](int fd) {
    if (fd >= 0 && count < max_descriptors) kept[count++] = fd;
  };
  for (const int fd : {0, 1, 2, plan.status_fd, plan.listener_fd, plan.proc_fd, plan.root_fd, plan.terminal_fd, plan.standard_fds[0],
                       plan.standard_fds[1], plan.standard_fds[2]})
    keep(fd);
  for (std::uint32_t i = 0; i < plan.namespaces.count; ++i) keep(context.at<NamespaceEntry>(plan.namespaces)[i].fd);
  for (std::uint32_t i = 0; i < plan.v1_tasks.count; ++i) keep(context.at<std::int32_t>(plan.v1_tasks)[i]);
  for (std::uint32_t i = 0; i < plan.landlocks.count; ++i) keep(context.at<std::int32_t>(plan.landlocks)[i]);
  if (count == max_descriptors) return E2BIG;
  std::qsort(kept, count, sizeof kept[0], compare);
  for (std::size_t i = 1; i < count; ++i)
    if (const int error = close_between(kept[i - 1] + 1, kept[i] - 1); error != 0) return error;
  if (::syscall(SYS_close_range, static_cast<unsigned>(kept[count - 1]) + 1, ~0U, 0) != 0) return errno;
  if (plan.listener_fd >= 0 && ::fcntl(plan.listener_fd, F_SETFD, FD_CLOEXEC) != 0) return errno;
  return ::fcntl(plan.status_fd, F_SETFD, FD_CLOEXEC) == 0 ? 0 : errno;
}

int reset_signals(Context&) {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0 ? 0 : errno;
}

// Writing "0" moves the writer: 0.05 ms; to be moved by another costs 5 to 13 (docs/performance.md).
int join_cgroups(Context& context) {
  const auto* tasks = context.at<std::int32_t>(context.plan->v1_tasks);
  for (std::uint32_t i = 0; i < context.plan->v1_tasks.count; ++i) {
    if (::write(tasks[i], "0", 1) != 1) return errno;
    ::close(tasks[i]);
  }
  return 0;
}

int share_core(Context& context) {
  if (context.plan->core_sched_pid == 0) return 0;
  constexpr int scope_thread = 0;  // PR_SCHED_CORE_SCOPE_THREAD
  return ::prctl(PR_SCHED_CORE, PR_SCHED_CORE_SHARE_FROM, context.plan->core_sched_pid, scope_thread, 0) == 0 ? 0 : errno;
}

// Before the user namespace: raising a hard limit takes CAP_SYS_RESOURCE in the initial one.
int set_limits(Context& context) {
  const auto* limits = context.at<LimitEntry>(context.plan->limits);
  for (std::uint32_t i = 0; i < context.plan->limits.count; ++i) {
    const rlimit limit{limits[i].soft, limits[i].hard};
    if (::setrlimit(static_cast<__rlimit_resource>(limits[i].resource), &limit) != 0) return errno;
  }
  return 0;
}

// lxc.proc.*, as init has it. Before the user namespace for the same reason; what is forked inherits it.
int write_proc_files(Context& context) {
  const char* name = context.at<char>(context.plan->proc_files);
  const char* value = context.at<char>(context.plan->proc_values);
  for (std::uint32_t i = 0; i < context.plan->proc_files.count; ++i) {
    context.detail = name;
    char path[256] = "self/";
    if (std::strlen(name) >= sizeof path - std::strlen(path)) return ENAMETOOLONG;
    std::strcat(path, name);
    if (const int error = write_own_proc(context.plan->proc_fd, path, value, std::strlen(value)); error != 0) return error;
    name += std::strlen(name) + 1;
    value += std::strlen(value) + 1;
  }
  return 0;
}

int enter_namespaces(Context& context) {
  const bool user_first = context.has(user_namespace_first);
  const int error = enter(context, user_first);
  return error != 0 ? error : enter(context, !user_first);
}

// setns(2) leads to the namespace's root, which is init's own unless init's root was made by chroot(2).
int enter_root(Context& context) {
  if (!context.has(has_new_root)) return 0;
  if (::fchdir(context.plan->root_fd) != 0 || ::chroot(".") != 0) return errno;
  ::close(context.plan->root_fd);
  return 0;
}

int become_root(Context& context) {
  if (!context.has(becomes_root)) return 0;
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) return errno;
  return ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
}

int drop_groups(Context& context) {
  static_assert(sizeof(gid_t) == sizeof(std::uint32_t));
  if (::setgroups(context.plan->groups.count, context.at<gid_t>(context.plan->groups)) == 0) return 0;
  return errno == EPERM && context.has(groups_may_stay) ? 0 : errno;
}

// The caller's session keyring is the host's.
int make_keyring(Context& context) {
  if (!context.has(new_keyring)) return 0;
  if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr, 0, 0, 0) >= 0) return 0;
  // A kernel without keyrings, a filter around lxcx itself, a full quota: the same as on start.
  return errno == ENOSYS || errno == EPERM || errno == EDQUOT ? 0 : errno;
}

int set_personality(Context& context) {
  if (!context.has(sets_personality)) return 0;
  return ::personality(context.plan->personality) >= 0 ? 0 : errno;
}

namespace {

/// What the steps of inside.cpp cannot do without, whatever the container may: changing ids; loading a filter or a ruleset without no_new_privs,
/// and mounting /proc and /sys, take CAP_SYS_ADMIN.
std::uint64_t needed_inside(const Context& context) {
  const auto bit = [](int capability) { return std::uint64_t{1} << capability; };
  std::uint64_t needed = bit(CAP_SETUID) | bit(CAP_SETGID);
  const bool is_filtered = context.plan->filters.count != 0 || context.plan->landlocks.count != 0;
  if ((is_filtered && !context.has(no_new_privileges)) || context.has(remounts_proc_and_sys)) needed |= bit(CAP_SYS_ADMIN);
  return needed;
}

}  // namespace

int drop_capabilities(Context& context) {
  if (context.has(limits_capabilities)) {
    for (unsigned long capability = 0; capability < 64; ++capability) {
      if ((context.plan->bounding >> capability) & 1U) continue;
      if (::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) != 1) continue;  // unknown to this kernel, or not there
      if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno;
    }
  }
  // Inheritable and ambient are empty, whoever calls (CVE-2022-24769, CVE-2022-27650, CVE-2022-29162).
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return errno;
  data[0].inheritable = data[1].inheritable = 0;
  // From the clone to the exec this process is one of the container's, whose root may trace it: it must hold no more than that root may.
  if (context.has(limits_capabilities)) {
    const std::uint64_t kept = context.plan->bounding | needed_inside(context);
    for (int half = 0; half < 2; ++half) {
      data[half].permitted &= static_cast<std::uint32_t>(kept >> (32 * half));
      data[half].effective &= data[half].permitted;
    }
  }
  if (::syscall(SYS_capset, &header, data) != 0) return errno;
  return ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 ? 0 : errno;
}

// It takes effect at exec, and fork inherits it.
int set_label(Context& context) {
  const Plan& plan = *context.plan;
  if (plan.label.count != 0)
    if (const int error = write_own_proc(plan.proc_fd, "thread-self/attr/exec", context.at<char>(plan.label), plan.label.count); error != 0)
      return error;
  if (plan.proc_fd >= 0) ::close(plan.proc_fd);
  return 0;
}

// After this only 0, 1, 2, the terminal, landlock rulesets, the listeners' socket and the status pipe are open.
int connect_streams(Context& context) {
  const Plan& plan = *context.plan;
  for (int fd = 0; fd < 3; ++fd)
    if (plan.standard_fds[fd] != fd && ::dup2(plan.standard_fds[fd], fd) < 0) return errno;
  for (int fd = 0; fd < 3; ++fd)
    if (plan.standard_fds[fd] > 2 && plan.standard_fds[fd] != plan.terminal_fd) ::close(plan.standard_fds[fd]);
  return 0;
}

}  // namespace lxcx::enter
