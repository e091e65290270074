// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "core/kernel/real_kernel.hpp"
#include "core/kernel/system_call.hpp"

namespace lxcx::core {

using namespace system_call;

Result<UniqueFd> RealKernel::openat(int dirfd, const char* path, int flags, mode_t mode) {
  return owned(retry_on_eintr([&] { return ::openat(dirfd, path, flags | O_CLOEXEC, mode); }), "openat", path);
}

Result<UniqueFd> RealKernel::openat2(int dirfd, const char* path, int flags, mode_t mode, std::uint64_t resolve) {
  struct open_how how = {};
  how.flags = static_cast<std::uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.mode = mode;
  how.resolve = resolve;
  // openat2(2): EAGAIN means that a rename or mount elsewhere made a ".." uncertain; "the caller may choose to retry". Bounded, because
  // whoever is confined could keep renaming.
  long fd = -1;
  for (int attempt = 0; attempt < 128; ++attempt) {
    fd = retry_on_eintr([&] { return ::syscall(SYS_openat2, dirfd, path, &how, sizeof how); });
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return owned(fd, "openat2", path);
}

Result<std::size_t> RealKernel::read(int fd, void* buffer, std::size_t size) {
  const ssize_t got = retry_on_eintr([&] { return ::read(fd, buffer, size); });
  if (got < 0) return failed_fd("read", fd);
  return static_cast<std::size_t>(got);
}

Result<std::size_t> RealKernel::write(int fd, const void* data, std::size_t size) {
  const ssize_t put = retry_on_eintr([&] { return ::write(fd, data, size); });
  if (put < 0) return failed_fd("write", fd);
  return static_cast<std::size_t>(put);
}

Result<struct stat> RealKernel::fstat(int fd) {
  struct stat found = {};
  if (::fstat(fd, &found) < 0) return failed_fd("fstat", fd);
  return found;
}

Result<struct stat> RealKernel::fstatat(int dirfd, const char* path, int flags) {
  struct stat found = {};
  if (::fstatat(dirfd, path, &found, flags) < 0) return failed("fstatat", path);
  return found;
}

Result<struct statfs> RealKernel::fstatfs(int fd) {
  struct statfs found = {};
  if (retry_on_eintr([&] { return ::fstatfs(fd, &found); }) < 0) return failed_fd("fstatfs", fd);
  return found;
}

Result<void> RealKernel::faccessat(int dirfd, const char* path, int mode, int flags) {
  return done(::faccessat(dirfd, path, mode, flags), "faccessat", path);
}

Result<void> RealKernel::mkdirat(int dirfd, const char* path, mode_t mode) { return done(::mkdirat(dirfd, path, mode), "mkdirat", path); }

Result<void> RealKernel::mknodat(int dirfd, const char* path, mode_t mode, dev_t device) {
  return done(::mknodat(dirfd, path, mode, device), "mknodat", path);
}

Result<void> RealKernel::symlinkat(const char* target, int dirfd, const char* path) {
  return done(::symlinkat(target, dirfd, path), "symlinkat", path);
}

Result<std::string> RealKernel::readlinkat(int dirfd, const char* path) {
  std::string target(256, '\0');
  for (;;) {
    const ssize_t length = ::readlinkat(dirfd, path, target.data(), target.size());
    if (length < 0) return failed("readlinkat", path);
    if (static_cast<std::size_t>(length) < target.size()) {
      target.resize(static_cast<std::size_t>(length));
      return target;
    }
    target.resize(target.size() * 2);  // a full buffer may be a cut one
  }
}

Result<void> RealKernel::unlinkat(int dirfd, const char* path, int flags) { return done(::unlinkat(dirfd, path, flags), "unlinkat", path); }

Result<void> RealKernel::renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) {
  return done(::renameat2(from_dirfd, from, to_dirfd, to, flags), "renameat2", from);
}

Result<void> RealKernel::fchown(int fd, uid_t uid, gid_t gid) {
  if (::fchown(fd, uid, gid) < 0) return failed_fd("fchown", fd);
  return {};
}

Result<void> RealKernel::fchownat(int dirfd, const char* path, uid_t uid, gid_t gid, int flags) {
  return done(::fchownat(dirfd, path, uid, gid, flags), "fchownat", path);
}

Result<void> RealKernel::fchmod(int fd, mode_t mode) {
  if (::fchmod(fd, mode) < 0) return failed_fd("fchmod", fd);
  return {};
}

Result<void> RealKernel::fchmodat(int dirfd, const char* path, mode_t mode) { return done(::fchmodat(dirfd, path, mode, 0), "fchmodat", path); }

Result<void> RealKernel::ftruncate(int fd, off_t size) {
  if (retry_on_eintr([&] { return ::ftruncate(fd, size); }) < 0) return failed_fd("ftruncate", fd);
  return {};
}

Result<void> RealKernel::fsync(int fd) {
  if (retry_on_eintr([&] { return ::fsync(fd); }) < 0) return failed_fd("fsync", fd);
  return {};
}

Result<std::vector<std::string>> RealKernel::getdents(int fd) {
  struct Entry {  // struct linux_dirent64 of getdents(2), which no header declares
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t length;
    std::uint8_t type;
    char name[];
  };
  // From the start, whoever read it before.
  if (::lseek(fd, 0, SEEK_SET) < 0) return failed_fd("lseek", fd);
  std::vector<std::string> names;
  // Left as it is: the kernel fills it, and clearing four pages first would cost more than most calls do.
  alignas(Entry) std::array<char, 16384> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    const long got = ::syscall(SYS_getdents64, fd, buffer.data(), buffer.size());
    if (got < 0) return failed_fd("getdents64", fd);
    if (got == 0) return names;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const Entry*>(buffer.data() + at);
      if (std::strcmp(entry->name, ".") != 0 && std::strcmp(entry->name, "..") != 0) names.emplace_back(entry->name);
      at += entry->length;
    }
  }
}

Result<void> RealKernel::flock(int fd, int operation) {
  if (retry_on_eintr([&] { return ::flock(fd, operation); }) == 0) return {};
  Failure failure = failed_fd("flock", fd);
  if (failure.error().sys_errno == EWOULDBLOCK) failure.error().code = Code::busy;
  return failure;
}

Result<int> RealKernel::ioctl(int fd, unsigned long request, void* argument) {
  const int value = ::ioctl(fd, request, argument);
  if (value >= 0) return value;
  const int saved = errno;
  std::array<char, 64> message{};
  std::snprintf(message.data(), message.size(), "ioctl %#lx fd %d", request, fd);
  return fail_errno(saved, message.data());
}

Result<UniqueFd> RealKernel::dup(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return failed_fd("fcntl F_DUPFD_CLOEXEC", fd);
  return UniqueFd(copy);
}

Result<void> RealKernel::dup2(int fd, int onto) {
  // dup2(2) does nothing when both are equal; the promise is that `onto` survives exec.
  const int value = fd == onto ? ::fcntl(fd, F_SETFD, 0) : retry_on_eintr([&] { return ::dup2(fd, onto); });
  if (value < 0) return failed_fd("dup2", fd);
  return {};
}

Result<int> RealKernel::fcntl(int fd, int command, long argument) {
  const int value = ::fcntl(fd, command, argument);
  if (value < 0) return failed_fd("fcntl", fd);
  return value;
}

Result<void> RealKernel::close_range(unsigned first, unsigned last, unsigned flags) {
  return done(::syscall(SYS_close_range, first, last, flags), "close_range");
}

Result<UniqueFd> RealKernel::inotify_init1(int flags) { return owned(::inotify_init1(flags | IN_CLOEXEC), "inotify_init1"); }

Result<int> RealKernel::inotify_add_watch(int fd, const char* path, std::uint32_t mask) {
  const int descriptor = ::inotify_add_watch(fd, path, mask);
  if (descriptor < 0) return failed("inotify_add_watch", path);
  return descriptor;
}

Result<UniqueFd> RealKernel::memfd_create(const char* name, unsigned flags) {
  return owned(::memfd_create(name, flags | MFD_CLOEXEC), "memfd_create", name);
}

Result<std::string> RealKernel::fgetxattr(int fd, const char* name) {
  std::string value(64 * 1024, '\0');  // XATTR_SIZE_MAX of xattr(7)
  const ssize_t length = ::fgetxattr(fd, name, value.data(), value.size());
  if (length < 0) return failed("fgetxattr", name);
  value.resize(static_cast<std::size_t>(length));
  return value;
}

Result<void> RealKernel::fsetxattr(int fd, const char* name, std::string_view value) {
  return done(::fsetxattr(fd, name, value.data(), value.size(), 0), "fsetxattr", name);
}

}  // namespace lxcx::core
