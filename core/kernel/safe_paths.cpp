// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/safe_paths.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>

#include "core/base/text.hpp"

namespace lxcx::core {
namespace {

std::uint64_t resolve_flags(Links links) { return RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (links == Links::refuse ? RESOLVE_NO_SYMLINKS : 0UL); }

/// Makes `name` in the directory that `so_far` is, and says so only when it was really missing.
Result<void> make_directory(Kernel& kernel, int root_fd, const std::string& parent, const std::string& name, mode_t mode, Links links) {
  LXCX_TRY(parent_fd, open_beneath(kernel, root_fd, parent.c_str(), O_PATH | O_DIRECTORY, links));
  // mkdirat(2) does not follow a link in its last component; one that dangles gives EEXIST here and ENOENT at the caller's next open.
  auto made = kernel.mkdirat(parent_fd.get(), name.c_str(), mode);
  if (!made && made.error().sys_errno != EEXIST) return made;
  return {};
}

Result<void> check_is_procfs(Kernel& kernel, int fd, const char* path) {
  LXCX_TRY(found, kernel.fstatfs(fd));
  if (found.f_type == PROC_SUPER_MAGIC) return {};
  return fail(Code::denied, std::string("'") + path + "' is not on a procfs", "something is mounted over the container's /proc; nothing was written");
}

}  // namespace

Result<UniqueFd> open_beneath(Kernel& kernel, int root_fd, const char* path, int flags, Links links) {
  return kernel.openat2(root_fd, *path ? path : ".", flags, 0, resolve_flags(links));
}

Result<UniqueFd> make_directories_beneath(Kernel& kernel, int root_fd, std::string_view path, mode_t mode, Links links) {
  const std::string whole = join(split(path, '/'), "/");
  // The common case, one call: it is there already.
  auto found = open_beneath(kernel, root_fd, whole.c_str(), O_PATH | O_DIRECTORY, links);
  if (found || found.error().sys_errno != ENOENT) return found;
  // Each prefix is walked anew from the root fd, so that a link in it is scoped to the root and not to its parent.
  std::string parent = ".";
  std::string prefix;
  for (const std::string& name : split(whole, '/')) {
    prefix.append(prefix.empty() ? "" : "/").append(name);
    auto there = open_beneath(kernel, root_fd, prefix.c_str(), O_PATH | O_DIRECTORY, links);
    if (!there && there.error().sys_errno != ENOENT) return there;
    if (!there) LXCX_CHECK(make_directory(kernel, root_fd, parent, name, mode, links));
    parent = prefix;
  }
  return open_beneath(kernel, root_fd, whole.c_str(), O_PATH | O_DIRECTORY, links);
}

Result<UniqueFd> create_file_beneath(Kernel& kernel, int root_fd, std::string_view path, mode_t mode, Links links) {
  std::vector<std::string> parts = split(path, '/');
  if (parts.empty()) return fail(Code::usage, "a file's path is empty");
  const std::string whole = join(parts, "/");
  auto found = open_beneath(kernel, root_fd, whole.c_str(), O_PATH, links);
  if (found || found.error().sys_errno != ENOENT) return found;
  const std::string name = std::move(parts.back());
  parts.pop_back();
  LXCX_TRY(parent, make_directories_beneath(kernel, root_fd, join(parts, "/"), 0755, links));
  // mknodat(2) makes a file without following or opening anything.
  auto made = kernel.mknodat(parent.get(), name.c_str(), S_IFREG | mode, 0);
  if (!made && made.error().sys_errno != EEXIST) return std::unexpected(std::move(made).error());
  return open_beneath(kernel, root_fd, whole.c_str(), O_PATH, links);
}

Result<UniqueFd> open_proc(Kernel& kernel, int proc_fd, const char* path, int flags) {
  LXCX_CHECK(check_is_procfs(kernel, proc_fd, "the procfs root"));
  // procfs's own links (self, thread-self, net, mounts) are made by the kernel; what a container can add is a mount, which NO_XDEV refuses.
  LXCX_TRY(file, kernel.openat2(proc_fd, path, flags, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV));
  LXCX_CHECK(check_is_procfs(kernel, file.get(), path));
  return file;
}

Result<void> write_proc(Kernel& kernel, int proc_fd, const char* path, std::string_view value) {
  LXCX_TRY(file, open_proc(kernel, proc_fd, path, O_WRONLY));
  auto written = kernel.write(file.get(), value.data(), value.size());
  if (!written) return fail_errno(written.error().sys_errno, std::string("write '") + std::string(value) + "' to '/proc/" + path + "'");
  if (*written != value.size()) return fail_errno(EIO, std::string("short write to '/proc/") + path + "'");
  return {};
}

Result<void> write_existing_file(Kernel& kernel, int dirfd, const char* path, std::string_view value) {
  LXCX_TRY(file, kernel.openat(dirfd, path, O_WRONLY | O_NOCTTY));
  auto written = kernel.write(file.get(), value.data(), value.size());
  if (!written) return fail_errno(written.error().sys_errno, std::string("write '") + std::string(value) + "' to '" + path + "'");
  if (*written != value.size()) return fail_errno(EIO, std::string("short write to '") + path + "'");
  return {};
}

}  // namespace lxcx::core
