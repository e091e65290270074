// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <string>

#include "core/kernel/real_kernel.hpp"
#include "core/kernel/system_call.hpp"

namespace lxcx::core {
namespace {

using namespace system_call;

/// What the file system itself says: each read of an fs fd gives one message, "e overlay: …" (fsopen(2), "Message retrieval interface").
Failure failed_with_messages(const char* call, const char* object, int fs_fd) {
  Failure failure = failed(call, object);
  std::array<char, 512> line{};
  for (int count = 0; count < 16; ++count) {
    const ssize_t length = ::read(fs_fd, line.data(), line.size());
    if (length <= 0) break;
    std::string_view text(line.data(), static_cast<std::size_t>(length));
    if (text.size() > 2 && text[1] == ' ') text.remove_prefix(2);
    while (text.ends_with('\n')) text.remove_suffix(1);
    failure.error().message.append(": ").append(text);
  }
  return failure;
}

}  // namespace

Result<void> RealKernel::mount(const char* source, const char* target, const char* type, unsigned long flags, const char* data) {
  return done(::mount(source, target, type, flags, data), "mount", target);
}

Result<void> RealKernel::umount2(const char* target, int flags) { return done(::umount2(target, flags), "umount2", target); }

Result<void> RealKernel::pivot_root(const char* new_root, const char* put_old) {
  return done(::syscall(SYS_pivot_root, new_root, put_old), "pivot_root", new_root);
}

Result<UniqueFd> RealKernel::open_tree(int dirfd, const char* path, unsigned flags) {
  return owned(::syscall(SYS_open_tree, dirfd, path, flags | OPEN_TREE_CLOEXEC), "open_tree", path);
}

Result<void> RealKernel::move_mount(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) {
  return done(::syscall(SYS_move_mount, from_dirfd, from, to_dirfd, to, flags), "move_mount", *to ? to : from);
}

Result<UniqueFd> RealKernel::fsopen(const char* type) { return owned(::syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), "fsopen", type); }

Result<void> RealKernel::fsconfig(int fs_fd, unsigned command, const char* key, const void* value, int aux) {
  if (::syscall(SYS_fsconfig, fs_fd, command, key, value, aux) == 0) return {};
  return failed_with_messages("fsconfig", key ? key : "create", fs_fd);
}

Result<UniqueFd> RealKernel::fsmount(int fs_fd, unsigned attributes) {
  const long fd = ::syscall(SYS_fsmount, fs_fd, FSMOUNT_CLOEXEC, attributes);
  if (fd < 0) return failed_with_messages("fsmount", nullptr, fs_fd);
  return UniqueFd(static_cast<int>(fd));
}

Result<void> RealKernel::mount_setattr(int dirfd, const char* path, unsigned flags, const mount_attr& attributes) {
  return done(::syscall(SYS_mount_setattr, dirfd, path, flags, &attributes, sizeof attributes), "mount_setattr", path);
}

Result<void> RealKernel::chroot(const char* path) { return done(::chroot(path), "chroot", path); }

Result<void> RealKernel::chdir(const char* path) { return done(::chdir(path), "chdir", path); }

Result<void> RealKernel::fchdir(int fd) {
  if (::fchdir(fd) < 0) return failed_fd("fchdir", fd);
  return {};
}

}  // namespace lxcx::core
