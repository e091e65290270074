// SPDX-License-Identifier: Apache-2.0
// What is done in sight of the container, up to becoming the command. Of capabilities it holds what the container may have, CAP_SETUID and
// CAP_SETGID, and CAP_SYS_ADMIN where a filter cannot be loaded without (outside.cpp, needed_inside).
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "core/attach/enter/context.hpp"

namespace lxcx::enter {
namespace {

constexpr const char* default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const char* search_path(char* const* environment) {
  for (; *environment; ++environment)
    if (std::strncmp(*environment, "PATH=", 5) == 0) return *environment + 5;
  return default_path;
}

/// execvp(3) by the command's own PATH; a file without a format is not given to a shell. Returns an errno.
int search_and_execute(char** arguments, char** environment) {
  const char* name = arguments[0];
  if (*name == '\0') return ENOENT;
  if (std::strchr(name, '/')) {
    ::execve(name, arguments, environment);
    return errno;
  }
  int worst = ENOENT;
  char path[PATH_MAX];
  for (const char* at = search_path(environment); at;) {
    const char* colon = std::strchr(at, ':');
    const std::size_t length = colon ? static_cast<std::size_t>(colon - at) : std::strlen(at);
    const std::size_t name_length = std::strlen(name);
    if (length + name_length + 2 <= sizeof path) {
      std::memcpy(path, at, length);
      path[length] = '/';
      // An empty element is the current directory (environ(7)).
      std::memcpy(path + length + (length > 0), name, name_length + 1);
      ::execve(path, arguments, environment);
      if (errno == EACCES)
        worst = EACCES;
      else if (errno != ENOENT && errno != ENOTDIR)
        return errno;
    }
    at = colon ? colon + 1 : nullptr;
  }
  return worst;
}

int send_listener(int socket, int listener) {
  char byte = 0;
  iovec data = {&byte, 1};
  alignas(cmsghdr) char rights[CMSG_SPACE(sizeof listener)] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = rights;
  message.msg_controllen = sizeof rights;
  cmsghdr* first = CMSG_FIRSTHDR(&message);
  first->cmsg_level = SOL_SOCKET;
  first->cmsg_type = SCM_RIGHTS;
  first->cmsg_len = CMSG_LEN(sizeof listener);
  std::memcpy(CMSG_DATA(first), &listener, sizeof listener);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

int enter_directory(const char* directory) {
  if (::chdir(directory) != 0) return errno;
  // CVE-2024-21626: getcwd(2) itself, not the C library's, says "(unreachable)" for what is outside of the root.
  char path[PATH_MAX];
  if (::syscall(SYS_getcwd, path, sizeof path) < 0) return errno;
  return path[0] == '/' ? 0 : EXDEV;
}

}  // namespace

// CVE-2016-10124: a session of its own, so that no terminal of the caller is the command's; then TIOCSTI has nothing to reach.
int make_session(Context& context) {
  if (::setsid() < 0) return errno;
  const int terminal = context.plan->terminal_fd;
  if (terminal < 0) return 0;
  if (::ioctl(terminal, TIOCSCTTY, 0) != 0) return errno;
  if (terminal > 2) ::close(terminal);
  return 0;
}

int mount_proc_and_sys(Context& context) {
  if (!context.has(remounts_proc_and_sys)) return 0;
  if (::unshare(CLONE_NEWNS) != 0) return errno;
  context.detail = "/";
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return errno;
  // A second sysfs of one network namespace on the first would be EBUSY. In a mount namespace of our own nobody misses them.
  ::umount2("/proc", MNT_DETACH);
  ::umount2("/sys", MNT_DETACH);
  context.detail = "/proc";
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) return errno;
  context.detail = "/sys";
  return ::mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0 ? 0 : errno;
}

int change_directory(Context& context) {
  if (context.plan->directory.count == 0) return 0;
  context.detail = context.at<char>(context.plan->directory);
  int error = enter_directory(context.detail);
  for (std::uint32_t i = 1; error != 0 && i < context.plan->directory.count; ++i) {
    context.detail += std::strlen(context.detail) + 1;
    error = enter_directory(context.detail);
  }
  return error;
}

int restrict_files(Context& context) {
  const auto* rulesets = context.at<std::int32_t>(context.plan->landlocks);
  for (std::uint32_t i = 0; i < context.plan->landlocks.count; ++i) {
    // landlock_restrict_self(2) wants this, or CAP_SYS_ADMIN, which root of the container still has here.
    if (::syscall(SYS_landlock_restrict_self, rulesets[i], 0) != 0) return errno;
    ::close(rulesets[i]);
  }
  return 0;
}

int set_no_new_privileges(Context& context) {
  if (!context.has(no_new_privileges)) return 0;
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
}

// Before set_ids: without no_new_privs it takes CAP_SYS_ADMIN.
int load_seccomp(Context& context) {
  const auto* filters = context.at<FilterEntry>(context.plan->filters);
  for (std::uint32_t i = 0; i < context.plan->filters.count; ++i) {
    const sock_fprog program{static_cast<unsigned short>(filters[i].instructions.count),
                             const_cast<sock_filter*>(context.at<sock_filter>(filters[i].instructions))};
    const long listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filters[i].flags, &program);
    if (listener < 0) return errno;
    if ((filters[i].flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0) continue;
    // At once: what the filter notifies of waits until lxcx has it. The command gets neither it nor the socket (close-on-exec).
    if (const int error = send_listener(context.plan->listener_fd, static_cast<int>(listener)); error != 0) return error;
  }
  return 0;
}

int set_ids(Context& context) {
  const Plan& plan = *context.plan;
  context.detail = "gid";
  if (::setresgid(plan.gid, plan.gid, plan.gid) != 0) return errno;
  context.detail = "uid";
  return ::setresuid(plan.uid, plan.uid, plan.uid) == 0 ? 0 : errno;
}

int execute(Context& context) {
  if (context.arguments) {
    context.detail = context.arguments[0];
    return search_and_execute(context.arguments, context.environment);
  }
  char shell[PATH_MAX];
  context.login_shell[0] = const_cast<char*>(login_shell_of(context.plan->uid, shell, sizeof shell));
  context.detail = context.login_shell[0];
  ::execve(context.login_shell[0], context.login_shell, context.environment);
  static char fallback[] = "/bin/sh";
  context.login_shell[0] = fallback;
  context.detail = fallback;
  ::execve(fallback, context.login_shell, context.environment);
  return errno;
}

}  // namespace lxcx::enter
