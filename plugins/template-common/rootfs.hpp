// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "lxcx/fd.hpp"
#include "lxcx/result.hpp"
#include "storage-common/idmap.hpp"

namespace lxcx::templates {

/// A root file system being filled. Paths are relative to it; none is resolved outside of it, and where something is made no link is
/// followed on the way. All that is made belongs to the owner.
class Rootfs {
 public:
  static Result<Rootfs> open(std::string_view path, storage::Owner owner);
  int fd() const { return fd_.get(); }

  /// A directory that stands there is fine. Its parent must exist.
  Result<void> make_directory(const std::string& path, mode_t mode) const;
  /// A new file. Errors: busy when the name is taken.
  Result<void> write_file(const std::string& path, std::string_view text, mode_t mode) const;
  /// The same with the contents of an open file; extents are shared where the file system can.
  Result<void> copy_file(int from, const std::string& path, mode_t mode) const;
  Result<void> symlink(const std::string& target, const std::string& path) const;
  Result<void> hard_link(const std::string& existing, const std::string& path) const;
  /// An existing regular file of at most `limit` bytes, for reading and writing. Links are followed as the container would: never out of
  /// the root. Errors: not_found; plugin when it is something else or larger.
  Result<Fd> open_file(const std::string& path, std::size_t limit) const;

 private:
  struct Place {
    Fd parent;
    std::string name;
  };
  Rootfs(Fd fd, storage::Owner owner) : fd_(std::move(fd)), owner_(owner) {}
  Result<Place> place(const std::string& path) const;
  Result<Fd> new_file(const std::string& path) const;
  Result<void> finish(int file, const std::string& path, mode_t mode) const;

  Fd fd_;
  storage::Owner owner_;
};

/// All of an open file, from its beginning.
Result<std::string> read_all(int file, std::size_t limit);
/// Replaces the contents of an open file; its inode, owner and mode stay.
Result<void> replace_all(int file, std::string_view text);

}  // namespace lxcx::templates
