// SPDX-License-Identifier: Apache-2.0
#include "storage-common/copy_metadata.hpp"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <string_view>
#include <vector>

#include "storage-common/os_error.hpp"

namespace lxcx::storage {
namespace {

/// Those that mean the same anywhere; others (btrfs.compression, system.nfs4_acl) belong to one file system.
bool travels(std::string_view name) {
  return name.starts_with("user.") || name.starts_with("trusted.") || name.starts_with("security.") || name == "system.posix_acl_access" ||
         name == "system.posix_acl_default";
}

Result<void> cannot(int error, std::string_view what) { return os_error(error, "cannot copy the extended attribute " + std::string(what)); }

/// The xattr calls come for descriptors and for paths; the walk over them is one.
template <class List, class Get, class Set>
Result<void> copy_xattrs(List list, Get get, Set set) {
  char small[1024];
  std::vector<char> names;
  ssize_t size = list(small, sizeof small);
  if (size == 0 || (size < 0 && errno == ENOTSUP)) return {};
  if (size > 0) names.assign(small, small + size);
  while (size < 0) {
    if (errno != ERANGE) return os_error(errno, "cannot list the extended attributes");
    names.resize(names.size() + 65536);  // XATTR_LIST_MAX
    size = list(names.data(), names.size());
    if (size >= 0) names.resize(static_cast<std::size_t>(size));
    if (names.size() > 1 << 20) return os_error(ERANGE, "cannot list the extended attributes");
  }
  std::vector<char> value;
  for (std::size_t at = 0; at < names.size();) {
    const std::string name(&names[at]);
    at += name.size() + 1;
    if (!travels(name)) continue;
    value.resize(65536);  // XATTR_SIZE_MAX
    const ssize_t length = get(name.c_str(), value.data(), value.size());
    if (length < 0 && errno == ENODATA) continue;
    if (length < 0) return cannot(errno, name);
    if (set(name.c_str(), value.data(), static_cast<std::size_t>(length)) < 0) {
      if (errno == ENOTSUP && name == "security.selinux") continue;  // the other file system labels by its own rules
      return cannot(errno, name);
    }
  }
  return {};
}

}  // namespace

Result<void> copy_metadata(int from, int to, const struct stat& status) {
  if (::fchown(to, status.st_uid, status.st_gid) < 0) return os_error(errno, "cannot set the owner");
  LXCX_CHECK(copy_xattrs([&](char* names, std::size_t size) { return ::flistxattr(from, names, size); },
                         [&](const char* name, char* value, std::size_t size) { return ::fgetxattr(from, name, value, size); },
                         [&](const char* name, const char* value, std::size_t size) { return ::fsetxattr(to, name, value, size, 0); }));
  if (::fchmod(to, status.st_mode & 07777) < 0) return os_error(errno, "cannot set the mode");
  const timespec times[2] = {status.st_atim, status.st_mtim};
  if (::futimens(to, times) < 0) return os_error(errno, "cannot set the times");
  return {};
}

Result<void> copy_metadata_at(int from_directory, int to_directory, const char* name, const struct stat& status) {
  if (::fchownat(to_directory, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) < 0) return os_error(errno, "cannot set the owner");
  // There is no xattr call relative to a directory before Linux 6.13; a descriptor's entry in /proc stands in for it.
  const std::string from_path = "/proc/self/fd/" + std::to_string(from_directory) + "/" + name;
  const std::string to_path = "/proc/self/fd/" + std::to_string(to_directory) + "/" + name;
  LXCX_CHECK(copy_xattrs([&](char* names, std::size_t size) { return ::llistxattr(from_path.c_str(), names, size); },
                         [&](const char* key, char* value, std::size_t size) { return ::lgetxattr(from_path.c_str(), key, value, size); },
                         [&](const char* key, const char* value, std::size_t size) { return ::lsetxattr(to_path.c_str(), key, value, size, 0); }));
  if (!S_ISLNK(status.st_mode) && ::fchmodat(to_directory, name, status.st_mode & 07777, 0) < 0) return os_error(errno, "cannot set the mode");
  const timespec times[2] = {status.st_atim, status.st_mtim};
  if (::utimensat(to_directory, name, times, AT_SYMLINK_NOFOLLOW) < 0) return os_error(errno, "cannot set the times");
  return {};
}

}  // namespace lxcx::storage
