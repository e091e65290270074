// SPDX-License-Identifier: Apache-2.0
#include "storage-common/user_namespace.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <vector>

#include "storage-common/os_error.hpp"

namespace lxcx::storage {
namespace {

/// Sleeps in a user namespace of its own until it is dropped. It has no exit signal, so no SIGCHLD handler of the host sees it.
class NamespaceHolder {
 public:
  static Result<NamespaceHolder> make() {
    int pipe_fds[2];
    if (::pipe2(pipe_fds, O_CLOEXEC) < 0) return os_error(errno, "cannot make a pipe");
    const Fd read_end(pipe_fds[0]);
    Fd write_end(pipe_fds[1]);
    // The raw call behaves like fork(2); the child makes system calls only, which is what a multi-threaded parent permits.
    const auto pid = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWUSER, nullptr, nullptr, nullptr, nullptr));
    if (pid < 0)
      return os_error(errno, "cannot make a user namespace", "see user.max_user_namespaces and kernel.unprivileged_userns_clone in sysctl(8)");
    if (pid == 0) {
      ::close(pipe_fds[1]);
      char byte = 0;
      while (::read(pipe_fds[0], &byte, 1) < 0 && errno == EINTR) {
      }
      ::_exit(0);
    }
    return NamespaceHolder(pid, std::move(write_end));
  }
  NamespaceHolder(NamespaceHolder&& other) noexcept : pid_(std::exchange(other.pid_, -1)), keep_(std::move(other.keep_)) {}
  ~NamespaceHolder() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
    }
  }
  pid_t pid() const { return pid_; }

 private:
  NamespaceHolder(pid_t pid, Fd keep) : pid_(pid), keep_(std::move(keep)) {}
  pid_t pid_;
  Fd keep_;  // the child ends when the last copy of this closes, also when we are killed
};

/// newuidmap(1) may write what /etc/subuid allows when we may not.
Result<void> map_by_helper(const char* program, pid_t pid, std::span<const IdMap> map, char kind) {
  std::vector<std::string> words = {program, std::to_string(pid)};
  for (const IdMap& line : map)
    if (line.kind == static_cast<std::uint32_t>(kind))
      for (const std::uint32_t number : {line.container_id, line.host_id, line.range}) words.push_back(std::to_string(number));
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t helper = -1;
  if (const int error = ::posix_spawnp(&helper, program, nullptr, nullptr, argv.data(), environ); error != 0)
    return os_error(error, std::string("cannot run ") + program, "install the package uidmap");
  int status = 0;
  while (::waitpid(helper, &status, 0) < 0)
    if (errno != EINTR) return os_error(errno, std::string("cannot wait for ") + program);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(Code::denied, std::string(program) + " refused the id map",
              kind == 'u' ? "the ids must be yours in /etc/subuid" : "the ids must be yours in /etc/subgid");
}

Result<void> write_map(pid_t pid, std::span<const IdMap> map, char kind) {
  std::string lines;
  for (const IdMap& line : map)
    if (line.kind == static_cast<std::uint32_t>(kind))
      lines += std::to_string(line.container_id) + " " + std::to_string(line.host_id) + " " + std::to_string(line.range) + "\n";
  const std::string path = "/proc/" + std::to_string(pid) + (kind == 'u' ? "/uid_map" : "/gid_map");
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return os_error(errno, "cannot open " + path);
  if (::write(file.get(), lines.data(), lines.size()) == static_cast<ssize_t>(lines.size())) return {};
  if (errno == EPERM) return map_by_helper(kind == 'u' ? "newuidmap" : "newgidmap", pid, map, kind);
  return os_error(errno, "the kernel refused the id map written to " + path, "ranges may not overlap, and there may be 340 lines at most");
}

}  // namespace

Result<Fd> make_user_namespace(std::span<const IdMap> map) {
  if (map.empty()) return fail(Code::config, "there is no id map to make a user namespace with", "add lxc.idmap lines");
  LXCX_TRY(holder, NamespaceHolder::make());
  LXCX_CHECK(write_map(holder.pid(), map, 'u'));
  LXCX_CHECK(write_map(holder.pid(), map, 'g'));
  return open_user_namespace("/proc/" + std::to_string(holder.pid()) + "/ns/user");
}

Result<Fd> open_user_namespace(const std::string& path) {
  Fd ns(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!ns) return os_error(errno, "cannot open the user namespace '" + path + "'");
  if (::ioctl(ns.get(), NS_GET_NSTYPE) != CLONE_NEWUSER)
    return fail(Code::config, "'" + path + "' is no user namespace", "name one such as /proc/PID/ns/user");
  return ns;
}

}  // namespace lxcx::storage
