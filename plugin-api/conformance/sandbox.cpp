// SPDX-License-Identifier: Apache-2.0
#include "sandbox.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/base/unique_fd.hpp"
#include "tree.hpp"

namespace lxcx::conformance {

namespace {

using core::UniqueFd;
constexpr char report_mark = '\1';  // what precedes a body's report, so that an empty one is told from none
constexpr char refusal_mark = '\2';

Result<void> check_call(int returned, const std::string& what) {
  if (returned == 0) return {};
  return fail_errno(errno, "sandbox: " + what + ": " + std::strerror(errno),
                    "lxcx-plugin-check needs namespaces: run it as root, or allow user namespaces");
}

Result<void> become_root_of_a_user_namespace() {
  const std::string uid = std::to_string(::geteuid()), gid = std::to_string(::getegid());
  LXCX_CHECK(check_call(::unshare(CLONE_NEWUSER), "unshare(CLONE_NEWUSER)"));
  const bool mapped = write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", "0 " + uid + " 1") &&
                      write_file("/proc/self/gid_map", "0 " + gid + " 1");
  return check_call(mapped ? 0 : -1, "write the id maps");
}

int mount_setattr_all(const char* path, std::uint64_t set) {
  mount_attr attributes{};
  attributes.attr_set = set;
  return static_cast<int>(::syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes));
}

/// The view in which the machine cannot be written; `scratch` is an existing empty directory.
Result<void> make_view(const std::string& scratch, bool has_base) {
  LXCX_CHECK(check_call(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private"));
  UniqueFd base;
  if (has_base) base.reset(static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, scratch.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  LXCX_CHECK(check_call(mount_setattr_all("/", MOUNT_ATTR_RDONLY), "make the file systems read-only"));
  if (has_base) {
    LXCX_CHECK(check_call(static_cast<int>(::syscall(SYS_move_mount, base.get(), "", AT_FDCWD, scratch.c_str(), MOVE_MOUNT_F_EMPTY_PATH)),
                          "mount the scratch directory"));
  } else {
    LXCX_CHECK(
        check_call(::mount("lxcx-plugin-check", scratch.c_str(), "tmpfs", MS_NODEV | MS_NOSUID, "mode=0755"), "mount tmpfs on '" + scratch + "'"));
  }
  for (const char* path : {"/run", "/var/cache"})
    if (std::filesystem::is_directory(path) && !scratch.starts_with(std::string(path) + "/"))
      LXCX_CHECK(check_call(::mount("lxcx-plugin-check", path, "tmpfs", MS_NODEV | MS_NOSUID, "mode=0755"), std::string("mount tmpfs on ") + path));
  LXCX_CHECK(check_call(::mount("proc", "/proc", "proc", MS_NODEV | MS_NOSUID | MS_NOEXEC, nullptr), "mount /proc"));
  // Shows the devices of the new network namespace; a user namespace may not be allowed to, and plugins must not need it.
  (void)::mount("sysfs", "/sys", "sysfs", MS_NODEV | MS_NOSUID | MS_NOEXEC, nullptr);
  ::mkdir((scratch + "/tmp").c_str(), 0755);
  ::setenv("TMPDIR", (scratch + "/tmp").c_str(), 1);
  ::mkdir((scratch + "/work").c_str(), 0755);
  return check_call(::chdir("/"), "chdir /");
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return std::string("the process was ended by signal ") + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) + ")";
  return "the process exited with status " + std::to_string(WEXITSTATUS(status)) + " in the middle of the check";
}

void write_whole(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t size = ::write(fd, text.data() + done, text.size() - done);
    if (size <= 0) return;
    done += static_cast<std::size_t>(size);
  }
}

/// Process 1 of the new pid namespace: makes the view, then runs the body in a child, because signals do not end a process 1.
[[noreturn]] void run_init(int report, const std::string& scratch, bool has_base, bool is_real_root,
                           const std::function<std::string(const SandboxView&)>& body) {
  if (const Result<void> made = make_view(scratch, has_base); !made) {
    write_whole(report, refusal_mark + made.error().message);
    ::_exit(1);
  }
  const pid_t worker = ::fork();
  if (worker == 0) {
    write_whole(report, report_mark + body({scratch + "/work", is_real_root}));
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) write_whole(report, how_it_ended(status));
  ::_exit(0);
}

[[noreturn]] void run_outer(int report, const std::string& scratch, bool has_base, const std::function<std::string(const SandboxView&)>& body) {
  const bool is_real_root = ::geteuid() == 0;
  const auto separate = [&]() -> Result<void> {
    if (!is_real_root) LXCX_CHECK(become_root_of_a_user_namespace());
    return check_call(::unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS), "unshare");
  };
  if (const Result<void> done = separate(); !done) {
    write_whole(report, refusal_mark + done.error().message);
    ::_exit(1);
  }
  const pid_t init = ::fork();
  if (init == 0) run_init(report, scratch, has_base, is_real_root, body);
  int status = 0;
  while (::waitpid(init, &status, 0) < 0 && errno == EINTR) continue;
  ::_exit(0);
}

/// Everything until the writers are gone, or nothing more once the time is over.
bool read_until(int fd, std::chrono::steady_clock::time_point deadline, std::string& text) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd poll{fd, POLLIN, 0};
    if (left <= 0 || ::poll(&poll, 1, static_cast<int>(left)) == 0) return false;
    char buffer[4096];
    const ssize_t size = ::read(fd, buffer, sizeof buffer);
    if (size <= 0) return true;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

}  // namespace

Result<SandboxOutcome> in_sandbox(const std::string& base, std::chrono::seconds timeout, const std::function<std::string(const SandboxView&)>& body) {
  std::string scratch = (base.empty() ? "/tmp" : base) + "/lxcx-plugin-check.XXXXXX";
  if (::mkdtemp(scratch.data()) == nullptr)
    return fail_errno(errno, "cannot make '" + scratch + "': " + std::strerror(errno), "name another directory with --scratch");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "pipe2");
  UniqueFd read_end(ends[0]), write_end(ends[1]);
  const pid_t outer = ::fork();
  if (outer < 0) return fail_errno(errno, "fork");
  if (outer == 0) {
    ::setpgid(0, 0);
    read_end.reset();
    // The plugin's output must not mix with the report on stdout.
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    run_outer(write_end.get(), scratch, !base.empty(), body);
  }
  write_end.reset();
  SandboxOutcome outcome;
  std::string bytes;
  const bool in_time = read_until(read_end.get(), std::chrono::steady_clock::now() + timeout, bytes);
  if (!in_time) ::kill(-outer, SIGKILL);
  int status = 0;
  while (::waitpid(outer, &status, 0) < 0 && errno == EINTR) continue;
  std::error_code ignored;
  std::filesystem::remove_all(scratch, ignored);
  if (!bytes.empty() && bytes.front() == refusal_mark) return fail(Code::kernel, bytes.substr(1), "run it as root, or allow user namespaces");
  if (!in_time) {
    outcome.death = "it did not end within " + std::to_string(timeout.count()) + " s";
  } else if (bytes.empty() || bytes.front() != report_mark) {
    outcome.death = bytes.empty() ? "the process ended without a word" : bytes;
  } else {
    outcome.report = bytes.substr(1);
  }
  return outcome;
}

}  // namespace lxcx::conformance
