// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "lxcx/mount_table.hpp"
#include "storage-common/os_error.hpp"
#include "storage-common/tree.hpp"

namespace lxcx::storage {
namespace {

// A container may nest directories as deep as it likes; beyond this depth they are moved up, so that neither descriptors nor stack run out.
constexpr int deepest = 64;

/// chattr +i or +a, which a privileged container can set. True when a flag was there and is gone.
bool clear_immutable(int parent, const char* name) {
  const Fd file(::openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  int flags = 0;
  if (!file || ::ioctl(file.get(), FS_IOC_GETFLAGS, &flags) < 0) return false;
  if ((flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) == 0) return false;
  flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
  return ::ioctl(file.get(), FS_IOC_SETFLAGS, &flags) == 0;
}

class Remover {
 public:
  Remover(int top, std::string shown) : top_(top), shown_(std::move(shown)) {}

  Result<void> empty(int directory_parent, const char* name, const std::string& path, int depth) {
    Result<Directory> directory = Directory::open(directory_parent, name);
    if (!directory) return failed(directory.error().sys_errno, path);
    // Removing while listing may hide entries (readdir(3)), so list until a pass finds nothing.
    for (bool found = true; found;) {
      found = false;
      directory->rewind();
      int error = 0;
      while (const dirent* entry = directory->next(&error)) {
        LXCX_CHECK(remove(directory->fd(), entry->d_name, entry->d_type, path + "/" + entry->d_name, depth));
        found = true;
      }
      if (error != 0) return failed(error, path);
    }
    return {};
  }

  Result<void> remove(int parent, const char* name, unsigned char type, const std::string& path, int depth) {
    if (type != DT_DIR) {
      if (unlink(parent, name, 0)) return {};
      if (errno != EISDIR) return failed(errno, path);
    }
    if (depth >= deepest) return move_up(parent, name, path);
    LXCX_CHECK(empty(parent, name, path, depth + 1));
    return unlink(parent, name, AT_REMOVEDIR) ? Result<void>{} : failed(errno, path);
  }

 private:
  static bool unlink(int parent, const char* name, int flags) {
    if (::unlinkat(parent, name, flags) == 0 || errno == ENOENT) return true;
    const int first = errno;
    if (first == EPERM && clear_immutable(parent, name)) return ::unlinkat(parent, name, flags) == 0;
    // The directory's own flag forbids it too.
    if (first == EPERM && clear_immutable(parent, ".")) return ::unlinkat(parent, name, flags) == 0;
    errno = first;
    return false;
  }

  /// The pass over the top directory that is under way, or its next one, finds it there.
  Result<void> move_up(int parent, const char* name, const std::string& path) {
    const std::string place = ".lxcx-removing-" + std::to_string(::getpid()) + "-" + std::to_string(moved_++);
    const auto moved = [&] { return ::renameat(parent, name, top_, place.c_str()) == 0; };
    if (moved()) return {};
    const int first = errno;
    // Its own flag forbids it (".." changes), or that of the directory it is in.
    if (first == EPERM && clear_immutable(parent, name) && moved()) return {};
    if (first == EPERM && clear_immutable(parent, ".") && moved()) return {};
    return failed(first, path);
  }

  Result<void> failed(int error, const std::string& path) const {
    Failure failure = os_error(error, "cannot remove '" + shown_ + path + "'", error == EXDEV ? "unmount what is mounted there first" : "");
    if (error == EXDEV || error == EBUSY) failure.error().code = Code::busy;
    return failure;
  }

  int top_;
  std::string shown_;
  unsigned moved_ = 0;
};

/// The tree's own descriptor, or empty when there is no such tree.
Result<Fd> open_removable(int parent, const std::string& name, const std::string& shown) {
  Fd top(::openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!top && errno == ENOENT) return Fd{};
  if (!top) return os_error(errno, "cannot remove '" + shown + "'", "it is not a directory");
  if (const std::string mount = mount_below(top.get()); !mount.empty())
    return fail(Code::busy, "cannot remove '" + shown + "': '" + mount + "' is mounted in it", "umount '" + mount + "'");
  return top;
}

}  // namespace

Result<void> empty_tree(int parent, const std::string& name, const std::string& shown) {
  LXCX_TRY(top, open_removable(parent, name, shown));
  if (!top) return {};
  return Remover(top.get(), shown).empty(parent, name.c_str(), "", 0);
}

Result<void> remove_tree(int parent, const std::string& name, const std::string& shown) {
  LXCX_TRY(top, open_removable(parent, name, shown));
  if (!top) return {};
  return Remover(top.get(), shown).remove(parent, name.c_str(), DT_DIR, "", 0);
}

}  // namespace lxcx::storage
