// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <array>

namespace lxcx::core {
namespace {

/// The file may have been removed between open and lock: then another holds a lock on a newer one.
Result<bool> is_the_one_on_disk(Kernel& kernel, int fd, const std::string& path) {
  LXCX_TRY(mine, kernel.fstat(fd));
  const Result<struct stat> there = kernel.fstatat(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW);
  return there && there->st_ino == mine.st_ino && there->st_dev == mine.st_dev;
}

}  // namespace

Result<std::string> read_all(Kernel& kernel, int fd, std::size_t limit) {
  std::string text;
  std::array<char, 8192> buffer{};
  while (true) {
    LXCX_TRY(size, kernel.read(fd, buffer.data(), buffer.size()));
    if (size == 0) return text;
    text.append(buffer.data(), size);
    if (text.size() > limit) return fail(Code::usage, "the file is larger than " + std::to_string(limit) + " bytes");
  }
}

Result<std::string> read_file(Kernel& kernel, int dirfd, const char* path, std::size_t limit) {
  LXCX_TRY(fd, kernel.openat(dirfd, path, O_RDONLY));
  return doing(read_all(kernel, fd.get(), limit), std::string("read '") + path + "'");
}

Result<void> write_all(Kernel& kernel, int fd, std::string_view text) {
  while (!text.empty()) {
    LXCX_TRY(size, kernel.write(fd, text.data(), text.size()));
    text.remove_prefix(size);
  }
  return {};
}

namespace {

Result<void> replace(Kernel& kernel, int dirfd, const std::string& name, std::string_view text, mode_t mode, bool is_durable) {
  const std::string fresh = name + ".new";
  const auto write_fresh = [&]() -> Result<void> {
    LXCX_TRY(fd, kernel.openat(dirfd, fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode));
    LXCX_CHECK(write_all(kernel, fd.get(), text));
    if (is_durable) LXCX_CHECK(kernel.fsync(fd.get()));
    return kernel.renameat2(dirfd, fresh.c_str(), dirfd, name.c_str(), 0);
  };
  Result<void> done = write_fresh();
  if (!done) (void)kernel.unlinkat(dirfd, fresh.c_str(), 0);
  if (done && is_durable) done = kernel.fsync(dirfd);
  return doing(std::move(done), "write '" + name + "'");
}

}  // namespace

Result<void> replace_file(Kernel& kernel, int dirfd, const std::string& name, std::string_view text, mode_t mode) {
  return replace(kernel, dirfd, name, text, mode, false);
}

Result<void> replace_file_durably(Kernel& kernel, int dirfd, const std::string& name, std::string_view text, mode_t mode) {
  return replace(kernel, dirfd, name, text, mode, true);
}

Result<void> create_file_like(Kernel& kernel, int dirfd, const std::string& name, std::string_view text, const struct stat& like) {
  LXCX_TRY(fd, kernel.openat(dirfd, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  const auto fill = [&]() -> Result<void> {
    LXCX_CHECK(write_all(kernel, fd.get(), text));
    LXCX_TRY(mine, kernel.fstat(fd.get()));
    // The owner first: chown(2) takes set-id bits away.
    if (mine.st_uid != like.st_uid || mine.st_gid != like.st_gid) LXCX_CHECK(kernel.fchown(fd.get(), like.st_uid, like.st_gid));
    LXCX_CHECK(kernel.fchmod(fd.get(), like.st_mode & 07777U));
    return kernel.fsync(fd.get());
  };
  Result<void> filled = fill();
  if (!filled) (void)kernel.unlinkat(dirfd, name.c_str(), 0);
  return doing(std::move(filled), "write '" + name + "'");
}

Result<void> replace_file_like(Kernel& kernel, int dirfd, const std::string& name, std::string_view text, const struct stat& like) {
  const std::string fresh = "." + name + ".lxcx-new";
  (void)kernel.unlinkat(dirfd, fresh.c_str(), 0);  // of one that was killed here
  LXCX_CHECK(create_file_like(kernel, dirfd, fresh, text, like));
  const Result<void> renamed = kernel.renameat2(dirfd, fresh.c_str(), dirfd, name.c_str(), 0);
  if (!renamed) (void)kernel.unlinkat(dirfd, fresh.c_str(), 0);
  LXCX_CHECK(doing(renamed, "replace '" + name + "'"));
  return doing(kernel.fsync(dirfd), "write the directory of '" + name + "' to disk");
}

Result<UniqueFd> open_locked(Kernel& kernel, const std::string& path, int flags, mode_t mode, int timeout_ms) {
  constexpr int step_ms = 10;
  for (int waited_ms = 0;; waited_ms += step_ms) {
    LXCX_TRY(fd, kernel.openat(AT_FDCWD, path.c_str(), flags, mode));
    const Result<void> locked = kernel.flock(fd.get(), LOCK_EX | LOCK_NB);
    if (locked) {
      LXCX_TRY(valid, is_the_one_on_disk(kernel, fd.get(), path));
      if (valid) return fd;
      continue;
    }
    if (locked.error().code != Code::busy || waited_ms >= timeout_ms) return std::unexpected(locked.error());
    const timespec pause{0, step_ms * 1'000'000L};
    ::nanosleep(&pause, nullptr);
  }
}

Result<bool> make_directories(Kernel& kernel, const std::string& path, mode_t mode) {
  const Result<void> made = kernel.mkdirat(AT_FDCWD, path.c_str(), mode);
  if (made) return true;
  if (made.error().sys_errno == EEXIST) return false;
  const std::size_t slash = path.find_last_of('/');
  if (made.error().sys_errno != ENOENT || slash == std::string::npos || slash == 0) return std::unexpected(made.error());
  LXCX_CHECK(make_directories(kernel, path.substr(0, slash), mode));
  return make_directories(kernel, path, mode);
}

Result<void> check_owner(const std::string& path, const struct stat& status) {
  // In the user namespace of an ordinary user's command root is one of those that are not mapped, who all show as this id (user_namespaces(7)); of
  // them nobody else gets at his files.
  constexpr uid_t unmapped = 65534;
  const uid_t caller = ::geteuid();
  const bool is_own = status.st_uid == 0 || status.st_uid == caller || (caller != 0 && status.st_uid == unmapped);
  if (is_own && (status.st_mode & S_IWOTH) == 0) return {};
  return fail(Code::denied,
              "'" + path + "'" + (is_own ? " can be written by everybody" : " belongs to user " + std::to_string(status.st_uid)) +
                  ", who could have anything done with your rights",
              is_own ? "once you have read it: chmod o-w" : "once you have read it: chown it to yourself");
}

}  // namespace lxcx::core
