// SPDX-License-Identifier: Apache-2.0
#include "core/cgroup/cgroup_removal.hpp"

#include <fcntl.h>

#include <algorithm>
#include <csignal>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"

namespace lxcx::core {
namespace {

constexpr int retry_ms = 2;

bool is_gone(const Error& error) { return error.sys_errno == ENOENT || error.sys_errno == ENODEV; }

Result<std::vector<std::string>> child_groups(Kernel& kernel, int parent_fd, const std::string& name) {
  LXCX_TRY(directory, kernel.openat(parent_fd, name.c_str(), O_RDONLY | O_DIRECTORY));
  LXCX_TRY(names, kernel.getdents(directory.get()));
  std::vector<std::string> children;
  for (std::string& entry : names) {
    const auto found = kernel.fstatat(directory.get(), entry.c_str(), AT_SYMLINK_NOFOLLOW);
    if (found && S_ISDIR(found->st_mode)) children.push_back(std::move(entry));
  }
  return children;
}

/// Walks a tree of groups with one fd and a list of names, however deep a container nested them.
class Walk {
 public:
  Walk(Kernel& kernel, UniqueFd top) : kernel_(kernel), current_(std::move(top)) {}
  int fd() const { return current_.get(); }
  Result<void> down(const std::string& name) {
    LXCX_TRY(next, kernel_.openat(fd(), name.c_str(), O_RDONLY | O_DIRECTORY));
    current_ = std::move(next);
    return {};
  }
  Result<void> up() { return down(".."); }

 private:
  Kernel& kernel_;
  UniqueFd current_;
};

struct Frame {
  std::string name;
  std::vector<std::string> children;
  bool is_listed = false;
};

/// Calls `visit` with the fd of the group and of each group below it.
template <class Visit>
Result<void> for_each_group(Kernel& kernel, const std::string& directory, Visit visit) {
  LXCX_TRY(top, kernel.openat(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY));
  Walk walk(kernel, std::move(top));
  std::vector<std::vector<std::string>> pending;
  for (;;) {
    LXCX_CHECK(visit(walk.fd()));
    LXCX_TRY(children, child_groups(kernel, walk.fd(), "."));
    pending.push_back(std::move(children));
    while (!pending.empty() && pending.back().empty()) {
      pending.pop_back();
      if (!pending.empty()) LXCX_CHECK(walk.up());
    }
    if (pending.empty()) return {};
    const std::string next = std::move(pending.back().back());
    pending.back().pop_back();
    LXCX_CHECK(walk.down(next));
  }
}

Result<std::vector<pid_t>> processes_of(Kernel& kernel, int group_fd) {
  LXCX_TRY(text, read_file(kernel, group_fd, "cgroup.procs", largest_cgroup_file));
  std::vector<pid_t> pids;
  for (const std::string& line : split(text, '\n')) {
    const auto pid = parse_integer(line);
    if (pid && *pid > 0) pids.push_back(static_cast<pid_t>(*pid));  // 0: a process of another pid namespace
  }
  return pids;
}

/// Signals by pidfd, and only those that the group still lists once their pidfd is held: a recycled pid is never hit.
Result<void> kill_members(Kernel& kernel, int group_fd) {
  LXCX_TRY(before, processes_of(kernel, group_fd));
  if (before.empty()) return {};
  std::vector<std::pair<pid_t, UniqueFd>> held;
  for (const pid_t pid : before) {
    auto pidfd = kernel.pidfd_open(pid);
    if (pidfd) held.emplace_back(pid, std::move(*pidfd));
  }
  LXCX_TRY(after, processes_of(kernel, group_fd));
  for (const auto& [pid, pidfd] : held) {
    if (std::find(after.begin(), after.end(), pid) == after.end()) continue;
    auto sent = kernel.pidfd_send_signal(pidfd.get(), SIGKILL);
    if (!sent && sent.error().sys_errno != ESRCH) return sent;
  }
  return {};
}

}  // namespace

Result<void> kill_group(Kernel& kernel, const std::string& directory, bool is_v2) {
  const auto killed = is_v2 ? write_existing_file(kernel, AT_FDCWD, (directory + "/cgroup.kill").c_str(), "1") : fail_errno(ENOENT, "");
  if (killed) return {};
  if (!is_gone(killed.error())) return killed;
  // Before Linux 5.14, and on v1: one by one. What forks meanwhile is met by the caller's next round.
  auto walked = for_each_group(kernel, directory, [&](int group_fd) { return kill_members(kernel, group_fd); });
  if (!walked && is_gone(walked.error())) return {};
  return walked;
}

Result<void> remove_group(Kernel& kernel, const std::string& directory, int timeout_ms) {
  const std::size_t slash = directory.rfind('/');
  auto parent = kernel.openat(AT_FDCWD, directory.substr(0, slash).c_str(), O_RDONLY | O_DIRECTORY);
  if (!parent && is_gone(parent.error())) return {};
  if (!parent) return std::unexpected(std::move(parent).error());
  Walk walk(kernel, std::move(*parent));
  std::vector<Frame> stack;
  stack.push_back({directory.substr(slash + 1), {}, false});
  int waited_ms = 0;
  for (;;) {
    Frame& top = stack.back();
    auto removed = kernel.unlinkat(walk.fd(), top.name.c_str(), AT_REMOVEDIR);
    if (removed || is_gone(removed.error())) {
      stack.pop_back();
      if (stack.empty()) return {};
      LXCX_CHECK(walk.up());
      continue;
    }
    if (removed.error().sys_errno != EBUSY) return removed;
    if (!top.is_listed) {
      LXCX_TRY(children, child_groups(kernel, walk.fd(), top.name));
      top.children = std::move(children);
      top.is_listed = true;
    }
    if (!top.children.empty()) {
      std::string child = std::move(top.children.back());
      top.children.pop_back();
      LXCX_CHECK(walk.down(top.name));
      stack.push_back({std::move(child), {}, false});
      continue;
    }
    if (waited_ms >= timeout_ms) return fail(Code::busy, "cgroup '" + directory + "' still has processes", "they do not end; see its cgroup.procs");
    LXCX_CHECK(kernel.poll({}, retry_ms));
    waited_ms += retry_ms;
    top.is_listed = false;
  }
}

}  // namespace lxcx::core
