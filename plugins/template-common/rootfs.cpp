// SPDX-License-Identifier: Apache-2.0
#include "template-common/rootfs.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "storage-common/copy_data.hpp"
#include "storage-common/os_error.hpp"

namespace lxcx::templates {
namespace {

Fd open_within(int root, const std::string& path, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<__u64>(flags | O_CLOEXEC);
  how.resolve = resolve;
  return Fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

Failure cannot(const char* what, const std::string& path) {
  Failure failure = os_error(errno, std::string("cannot ") + what + " '" + path + "' in the root file system");
  if (failure.error().sys_errno == EEXIST) {
    failure.error().code = Code::busy;
    failure.error().hint = "a template wants an empty root file system";
  }
  return failure;
}

}  // namespace

Result<Rootfs> Rootfs::open(std::string_view path, storage::Owner owner) {
  Fd fd(::open(std::string(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return os_error(errno, "cannot open the root file system '" + std::string(path) + "'");
  return Rootfs(std::move(fd), owner);
}

Result<Rootfs::Place> Rootfs::place(const std::string& path) const {
  const auto slash = path.rfind('/');
  Fd parent = open_within(fd_.get(), slash == std::string::npos ? "." : path.substr(0, slash), O_PATH | O_DIRECTORY,
                          RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  if (!parent) return cannot("reach", path);
  return Place{std::move(parent), slash == std::string::npos ? path : path.substr(slash + 1)};
}

Result<void> Rootfs::make_directory(const std::string& path, mode_t mode) const {
  LXCX_TRY(at, place(path));
  if (::mkdirat(at.parent.get(), at.name.c_str(), mode) < 0 && errno != EEXIST) return cannot("make directory", path);
  const Fd made(::openat(at.parent.get(), at.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made) return cannot("open directory", path);
  return finish(made.get(), path, mode);
}

Result<Fd> Rootfs::new_file(const std::string& path) const {
  LXCX_TRY(at, place(path));
  Fd made(::openat(at.parent.get(), at.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!made) return cannot("make", path);
  return made;
}

Result<void> Rootfs::finish(int file, const std::string& path, mode_t mode) const {
  if (::fchown(file, owner_.uid, owner_.gid) < 0) return cannot("set the owner of", path);
  if (::fchmod(file, mode) < 0) return cannot("set the mode of", path);
  return {};
}

Result<void> Rootfs::write_file(const std::string& path, std::string_view text, mode_t mode) const {
  LXCX_TRY(file, new_file(path));
  LXCX_CHECK(doing(replace_all(file.get(), text), "write '" + path + "' in the root file system"));
  return finish(file.get(), path, mode);
}

Result<void> Rootfs::copy_file(int from, const std::string& path, mode_t mode) const {
  struct stat status{};
  if (::fstat(from, &status) < 0) return cannot("copy to", path);
  LXCX_TRY(file, new_file(path));
  storage::CopyAbilities abilities;
  LXCX_CHECK(doing(storage::copy_data(from, file.get(), status, abilities), "copy to '" + path + "' in the root file system"));
  return finish(file.get(), path, mode);
}

Result<void> Rootfs::symlink(const std::string& target, const std::string& path) const {
  LXCX_TRY(at, place(path));
  if (::symlinkat(target.c_str(), at.parent.get(), at.name.c_str()) < 0) return cannot("make the link", path);
  if (::fchownat(at.parent.get(), at.name.c_str(), owner_.uid, owner_.gid, AT_SYMLINK_NOFOLLOW) < 0) return cannot("set the owner of", path);
  return {};
}

Result<void> Rootfs::hard_link(const std::string& existing, const std::string& path) const {
  LXCX_TRY(from, place(existing));
  LXCX_TRY(to, place(path));
  if (::linkat(from.parent.get(), from.name.c_str(), to.parent.get(), to.name.c_str(), 0) < 0) return cannot("link", path);
  return {};
}

Result<Fd> Rootfs::open_file(const std::string& path, std::size_t limit) const {
  const std::string quoted = "'" + path + "' in the root file system";
  Fd file = open_within(fd_.get(), path, O_RDWR | O_NOCTTY | O_NONBLOCK, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
  if (!file) return os_error(errno, "cannot open " + quoted);
  struct stat status{};
  if (::fstat(file.get(), &status) < 0) return os_error(errno, "cannot stat " + quoted);
  if (!S_ISREG(status.st_mode)) return fail(Code::plugin, quoted + " is not a regular file", "the image is broken, or hostile: use another");
  if (static_cast<std::size_t>(status.st_size) > limit)
    return fail(Code::plugin, quoted + " is larger than " + std::to_string(limit) + " bytes", "the image is broken, or hostile: use another");
  return file;
}

Result<std::string> read_all(int file, std::size_t limit) {
  std::string text;
  char part[16384];
  for (;;) {
    const ssize_t size = ::pread(file, part, sizeof part, static_cast<off_t>(text.size()));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return os_error(errno, "cannot read");
    if (size == 0) return text;
    text.append(part, static_cast<std::size_t>(size));
    if (text.size() > limit)
      return fail(Code::plugin, "it is larger than " + std::to_string(limit) + " bytes", "the image is broken, or hostile: use another");
  }
}

Result<void> replace_all(int file, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t size = ::pwrite(file, text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return os_error(errno, "cannot write");
    at += static_cast<std::size_t>(size);
  }
  if (::ftruncate(file, static_cast<off_t>(text.size())) < 0) return os_error(errno, "cannot set the size");
  return {};
}

}  // namespace lxcx::templates
