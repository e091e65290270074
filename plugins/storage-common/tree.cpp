// SPDX-License-Identifier: Apache-2.0
#include "storage-common/tree.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <set>
#include <string_view>

#include "storage-common/os_error.hpp"

namespace lxcx::storage {

Result<Directory> Directory::open(int parent, const std::string& name) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  Fd fd(static_cast<int>(::syscall(SYS_openat2, parent, name.c_str(), &how, sizeof how)));
  if (!fd) {
    Failure failure = os_error(errno, "cannot open directory '" + name + "'");
    if (errno == EXDEV) failure.error().code = Code::busy;
    return failure;
  }
  DIR* stream = ::fdopendir(fd.get());
  if (stream == nullptr) return os_error(errno, "cannot list directory '" + name + "'");
  fd.release();
  return Directory(stream);
}

const dirent* Directory::next(int* error) {
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream_.get());
    *error = errno;
    if (entry == nullptr) return nullptr;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return entry;
  }
}

Result<std::uint64_t> tree_usage(int parent, const std::string& name) {
  std::uint64_t blocks = 0;
  std::set<std::pair<dev_t, ino_t>> seen;
  std::vector<Directory> open_directories;
  LXCX_TRY(top, Directory::open(parent, name));
  open_directories.push_back(std::move(top));
  while (!open_directories.empty()) {
    int error = 0;
    const dirent* entry = open_directories.back().next(&error);
    if (error != 0) return os_error(error, "cannot list a directory below '" + name + "'");
    if (entry == nullptr) {
      open_directories.pop_back();
      continue;
    }
    struct stat status{};
    if (::fstatat(open_directories.back().fd(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) continue;  // removed meanwhile
    if (!S_ISDIR(status.st_mode) && status.st_nlink > 1 && !seen.insert({status.st_dev, status.st_ino}).second) continue;
    if (!S_ISDIR(status.st_mode)) {
      blocks += static_cast<std::uint64_t>(status.st_blocks);
      continue;
    }
    Result<Directory> below = Directory::open(open_directories.back().fd(), entry->d_name);
    if (!below && below.error().code == Code::busy) continue;  // another file system
    if (!below) return doing<std::uint64_t>(std::unexpected(std::move(below).error()), "below '" + name + "'");
    blocks += static_cast<std::uint64_t>(status.st_blocks);
    open_directories.push_back(std::move(*below));
  }
  return blocks * 512;  // stat(2): st_blocks is in units of 512 bytes
}

}  // namespace lxcx::storage
