// SPDX-License-Identifier: Apache-2.0
// Trees that a container could have written: touched through descriptors only, links not followed, mounts not entered.
#pragma once
#include <dirent.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lxcx/call.hpp"
#include "lxcx/fd.hpp"

namespace lxcx::storage {

/// An open directory and its listing.
class Directory {
 public:
  /// `name` below `parent`; "." is parent itself. Errors: EXDEV as busy when something is mounted there, ENOTDIR and ELOOP for what is no directory.
  static Result<Directory> open(int parent, const std::string& name);
  int fd() const { return ::dirfd(stream_.get()); }
  /// The next entry but . and .., or nullptr at the end; *error is errno when reading failed.
  const dirent* next(int* error);
  void rewind() { ::rewinddir(stream_.get()); }

 private:
  struct Close {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  explicit Directory(DIR* stream) : stream_(stream) {}
  std::unique_ptr<DIR, Close> stream_;
};

/// Removes `name` below `parent` with all that is in it; that it is not there is no error. `shown` is how messages call it. Nothing is
/// removed when a file system is mounted in it, as far as this mount namespace knows. [busy]
Result<void> remove_tree(int parent, const std::string& name, const std::string& shown);
/// The same, but leaves the directory itself.
Result<void> empty_tree(int parent, const std::string& name, const std::string& shown);

struct CopyOptions {
  unsigned threads = 0;  ///< 0: as many as there are processors, eight at most
  std::function<bool()> cancelled;  ///< asked on the caller's thread
  std::function<void(std::uint64_t bytes)> progress;  ///< told on the caller's thread
};

/// Copies all that is in `from` into the directory `to`, and from's own attributes onto it. Returns what was left out because something is
/// mounted over it. On error `to` holds a part.
Result<std::vector<std::string>> copy_tree(int from, int to, const CopyOptions& options);

/// Bytes of storage that a tree takes; a file with several names counts once.
Result<std::uint64_t> tree_usage(int parent, const std::string& name);

}  // namespace lxcx::storage
