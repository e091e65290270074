// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include "core/base/text.hpp"
#include "core/container/run_directory.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

bool is_gone(Kernel& kernel, const std::string& path) {
  const Result<void> found = kernel.faccessat(AT_FDCWD, path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW);
  return !found && found.error().sys_errno == ENOENT;
}

/// The lxcpath's directory goes with its last lock: between its making and the opening of a lock in it another process may remove it.
Result<UniqueFd> open_lock(Kernel& kernel, const RuntimeRoot& root, const ContainerPaths& paths, int timeout_ms) {
  constexpr int tries = 10;
  for (int tried = 1;; ++tried) {
    LXCX_CHECK(make_directories(kernel, root.of_lxcpath(paths.lxcpath), 0700));
    Result<UniqueFd> fd = open_locked(kernel, root.lock_of(paths), O_RDWR | O_CREAT | O_NOFOLLOW, 0600, timeout_ms);
    if (fd || fd.error().sys_errno != ENOENT || tried == tries) return fd;
  }
}

}  // namespace

ContainerLock::ContainerLock(Kernel& kernel, const RuntimeRoot& root, const ContainerPaths& paths, UniqueFd fd)
    : kernel_(&kernel),
      directory_(paths.directory()),
      run_directory_(root.of_container(paths)),
      file_(root.lock_of(paths)),
      lxcpath_directory_(root.of_lxcpath(paths.lxcpath)),
      fd_(std::move(fd)) {}

ContainerLock::~ContainerLock() {
  if (!fd_ || !is_gone(*kernel_, directory_) || !is_gone(*kernel_, run_directory_)) return;
  // Whoever waits for it finds that what it locked is not on disk any more, and opens anew (open_locked).
  (void)kernel_->unlinkat(AT_FDCWD, file_.c_str(), 0);
  (void)kernel_->unlinkat(AT_FDCWD, lxcpath_directory_.c_str(), AT_REMOVEDIR);
}

Result<ContainerLock> lock_container(Kernel& kernel, const RuntimeRoot& root, const ContainerPaths& paths, int timeout_ms) {
  LXCX_CHECK(make_directories(kernel, root.directory, 0711));
  Result<UniqueFd> fd = open_lock(kernel, root, paths, timeout_ms);
  if (!fd && fd.error().code == Code::busy)
    return fail(Code::busy, "another lxcx command is working on '" + paths.name + "'", "wait for it, or see who holds " + root.lock_of(paths));
  LXCX_TRY(held, doing(std::move(fd), "lock '" + paths.name + "'"));
  return ContainerLock(kernel, root, paths, std::move(held));
}

Error no_container(Kernel& kernel, const ContainerPaths& paths) {
  const Result<void> seen = kernel.faccessat(AT_FDCWD, paths.config().c_str(), F_OK, 0);
  if (!seen && seen.error().sys_errno == EACCES)
    return {Code::denied, EACCES, "'" + paths.directory() + "' cannot be looked into", "become root, or the user whose container it is", {}, {}, {}};
  return {Code::not_found,
          0,
          "there is no container '" + paths.name + "' in " + paths.lxcpath,
          "`lxcx ls` lists them; `lxcx create` makes one",
          {},
          {},
          {}};
}

// The path when it fits, else lxc/<hash>/command (unix(7): sun_path has 108 bytes, one is the leading NUL).
std::string lxc_command_name(const ContainerPaths& paths) {
  const std::string id = paths.lxcpath + "/" + paths.name;
  const std::string name = id + "/command";
  return name.size() > 106 ? "lxc/" + hex16(fnv1a(id)) + "/command" : name;
}

bool runs_under_lxc(const ContainerPaths& paths) {
  const UniqueFd fd(::open("/proc/net/unix", O_RDONLY | O_CLOEXEC));
  if (!fd) return false;
  const Result<std::string> text = read_all(real_kernel(), fd.get(), std::size_t{64} << 20);
  return text && text->find(" @" + lxc_command_name(paths) + "\n") != std::string::npos;
}

}  // namespace lxcx::core
