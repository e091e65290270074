// SPDX-License-Identifier: Apache-2.0
#include "storage-common/copy_data.hpp"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "storage-common/os_error.hpp"

namespace lxcx::storage {
namespace {

// Below this, read and write cost less than setting up copy_file_range's pipe.
constexpr off_t small_file = 256 * 1024;

Result<void> write_all(int to, const char* data, std::size_t size, off_t at) {
  while (size > 0) {
    const ssize_t written = ::pwrite(to, data, size, at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os_error(errno, "cannot write");
    data += written;
    size -= static_cast<std::size_t>(written);
    at += written;
  }
  return {};
}

Result<void> copy_through_buffer(int from, int to, off_t start, off_t end) {
  thread_local std::vector<char> buffer(static_cast<std::size_t>(small_file));
  while (start < end) {
    const auto want = static_cast<std::size_t>(std::min(end - start, small_file));
    const ssize_t got = ::pread(from, buffer.data(), want, start);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error(errno, "cannot read");
    if (got == 0) return {};  // it became shorter meanwhile
    LXCX_CHECK(write_all(to, buffer.data(), static_cast<std::size_t>(got), start));
    start += got;
  }
  return {};
}

Result<void> copy_range(int from, int to, off_t start, off_t end, CopyAbilities& abilities) {
  if (end - start <= small_file || !abilities.copy_file_range) return copy_through_buffer(from, to, start, end);
  while (start < end) {
    off_t in = start;
    off_t out = start;
    const ssize_t copied = ::copy_file_range(from, &in, to, &out, static_cast<std::size_t>(end - start), 0);
    if (copied > 0) {
      start += copied;
      continue;
    }
    if (copied < 0 && errno == EINTR) continue;
    // 0 is also what some file systems of made-up files answer; the buffer tells the end from that (copy_file_range(2), BUGS).
    if (copied < 0 && errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return os_error(errno, "cannot copy");
    if (copied < 0) abilities.copy_file_range = false;
    return copy_through_buffer(from, to, start, end);
  }
  return {};
}

Result<void> copy_sparse(int from, int to, off_t size, CopyAbilities& abilities) {
  for (off_t at = 0; at < size;) {
    const off_t data = ::lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // nothing but a hole up to the end
    if (data < 0) return os_error(errno, "cannot find the holes");
    const off_t hole = ::lseek(from, data, SEEK_HOLE);
    if (hole < 0) return os_error(errno, "cannot find the holes");
    LXCX_CHECK(copy_range(from, to, data, std::min(hole, size), abilities));
    at = hole;
  }
  if (::ftruncate(to, size) < 0) return os_error(errno, "cannot set the size");
  return {};
}

}  // namespace

Result<void> copy_data(int from, int to, const struct stat& status, CopyAbilities& abilities) {
  if (status.st_size == 0) return {};
  if (abilities.reflink) {
    if (::ioctl(to, FICLONE, from) == 0) return {};
    abilities.reflink = false;
  }
  if (status.st_blocks * 512 < status.st_size) return copy_sparse(from, to, status.st_size, abilities);
  return copy_range(from, to, 0, status.st_size, abilities);
}

}  // namespace lxcx::storage
