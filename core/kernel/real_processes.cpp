// SPDX-License-Identifier: Apache-2.0
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "core/kernel/prefault.hpp"
#include "core/kernel/real_kernel.hpp"
#include "core/kernel/system_call.hpp"

namespace lxcx::core {
namespace {

using namespace system_call;

constexpr std::uint32_t low_half(std::uint64_t set) { return static_cast<std::uint32_t>(set); }
constexpr std::uint32_t high_half(std::uint64_t set) { return static_cast<std::uint32_t>(set >> 32); }
constexpr std::uint64_t whole(std::uint32_t low, std::uint32_t high) { return (static_cast<std::uint64_t>(high) << 32) | low; }

}  // namespace

Result<pid_t> RealKernel::clone3(const clone_args& arguments) {
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) return failed("clone3");
  if (pid == 0) prefault_child();
  return static_cast<pid_t>(pid);
}

Result<pid_t> RealKernel::fork() {
  const pid_t pid = ::fork();
  if (pid < 0) return failed("fork");
  if (pid == 0) prefault_child();
  return pid;
}

Result<void> RealKernel::execveat(int dirfd, const char* path, char* const argv[], char* const envp[], int flags) {
  return done(::syscall(SYS_execveat, dirfd, path, argv, envp, flags), "execveat", path);
}

Result<ExitStatus> RealKernel::wait_pid(pid_t pid) {
  siginfo_t info = {};
  const int value = retry_on_eintr([&] { return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | __WALL); });
  if (value < 0) return failed("waitid", std::to_string(pid).c_str());
  return ExitStatus{info.si_code != CLD_EXITED, info.si_status};
}

Result<void> RealKernel::check_child(pid_t pid) {
  siginfo_t info = {};
  return done(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT | __WALL), "waitid", std::to_string(pid).c_str());
}

Result<bool> RealKernel::wait_pidfd(int pidfd, int timeout_ms) {
  // pidfd_open(2): a pidfd is readable once its process has ended; that needs no right to wait for it.
  pollfd watched{pidfd, POLLIN, 0};
  auto ready = poll({&watched, 1}, timeout_ms);
  if (!ready) return std::unexpected(std::move(ready).error());
  return *ready > 0;
}

Result<UniqueFd> RealKernel::pidfd_open(pid_t pid) { return owned(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open", std::to_string(pid).c_str()); }

Result<void> RealKernel::pidfd_send_signal(int pidfd, int signal) {
  return done(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0), "pidfd_send_signal");
}

Result<void> RealKernel::kill(pid_t pid, int signal) {
  if (::kill(pid, signal) == 0) return {};
  const int saved = errno;
  return fail_errno(saved, "kill pid " + std::to_string(pid) + " with signal " + std::to_string(signal));
}

Result<void> RealKernel::setns(int fd, int types) {
  if (::setns(fd, types) < 0) return failed_fd("setns", fd);
  return {};
}

Result<void> RealKernel::unshare(int flags) { return done(::unshare(flags), "unshare"); }

Result<void> RealKernel::setsid() { return done(::setsid(), "setsid"); }

Result<void> RealKernel::setresuid(uid_t real, uid_t effective, uid_t saved) { return done(::setresuid(real, effective, saved), "setresuid"); }

Result<void> RealKernel::setresgid(gid_t real, gid_t effective, gid_t saved) { return done(::setresgid(real, effective, saved), "setresgid"); }

Result<void> RealKernel::setgroups(std::span<const gid_t> groups) { return done(::setgroups(groups.size(), groups.data()), "setgroups"); }

Result<CapabilitySets> RealKernel::capget() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data = {};
  if (::syscall(SYS_capget, &header, data.data()) < 0) return failed("capget");
  return CapabilitySets{whole(data[0].effective, data[1].effective), whole(data[0].permitted, data[1].permitted),
                        whole(data[0].inheritable, data[1].inheritable)};
}

Result<void> RealKernel::capset(const CapabilitySets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> data = {{{low_half(sets.effective), low_half(sets.permitted), low_half(sets.inheritable)},
                                                       {high_half(sets.effective), high_half(sets.permitted), high_half(sets.inheritable)}}};
  return done(::syscall(SYS_capset, &header, data.data()), "capset");
}

Result<int> RealKernel::prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5) {
  const int value = ::prctl(option, a2, a3, a4, a5);
  if (value >= 0) return value;
  const int saved = errno;
  return fail_errno(saved, "prctl option " + std::to_string(option));
}

Result<void> RealKernel::prlimit(pid_t pid, int resource, const rlimit& limit) {
  if (::prlimit(pid, static_cast<__rlimit_resource>(resource), &limit, nullptr) == 0) return {};
  const int saved = errno;
  return fail_errno(saved, "prlimit resource " + std::to_string(resource));
}

Result<void> RealKernel::personality(unsigned long persona) { return done(::personality(persona), "personality"); }

Result<void> RealKernel::sethostname(std::string_view name) {
  if (::sethostname(name.data(), name.size()) == 0) return {};
  const int saved = errno;
  return fail_errno(saved, "sethostname '" + std::string(name) + "'");
}

Result<void> RealKernel::keyctl_join_session() {
  return done(::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr, 0, 0, 0), "keyctl KEYCTL_JOIN_SESSION_KEYRING");
}

Result<UniqueFd> RealKernel::seccomp_load(const sock_fprog& program, unsigned flags) {
  const long value = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  // seccomp(2): a positive value is the listener; without one, and with TSYNC, it is the thread that could not follow, and nothing was loaded.
  if (value > 0 && (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)) return UniqueFd(static_cast<int>(value));
  if (value > 0 && (flags & SECCOMP_FILTER_FLAG_TSYNC)) errno = ESRCH;
  if (value < 0 || (flags & SECCOMP_FILTER_FLAG_TSYNC && value > 0)) return failed("seccomp");
  return UniqueFd();
}

Result<void> RealKernel::landlock_restrict_self(int ruleset_fd) {
  return done(::syscall(SYS_landlock_restrict_self, ruleset_fd, 0), "landlock_restrict_self");
}

Result<int> RealKernel::bpf(int command, bpf_attr& attributes) {
  const long value = ::syscall(SYS_bpf, command, &attributes, sizeof attributes);
  if (value >= 0) return static_cast<int>(value);
  const int saved = errno;
  return fail_errno(saved, "bpf command " + std::to_string(command));
}

Kernel& real_kernel() {
  static RealKernel kernel;
  return kernel;
}

}  // namespace lxcx::core
