// SPDX-License-Identifier: Apache-2.0
// A storage backend as its author, and as core, sees it.
#pragma once
#include "lxcx/call.hpp"

namespace lxcx {

/// One container's root file system. All text is valid during the call only.
struct Volume {
  std::string_view container;  ///< its name
  std::string_view source;     ///< what follows TYPE: in lxc.rootfs.path; empty at create
  std::string_view directory;  ///< the container's own directory, absolute
  std::string_view options;    ///< lxc.rootfs.options, comma separated
  std::span<const IdMap> idmap;
};

struct StorageUsage {
  std::uint64_t used_bytes = 0;
  std::uint64_t limit_bytes = 0;  ///< 0: none
};

/// Capability: copy-on-write snapshots. A backend adds it by deriving from it too.
class Snapshots {
 public:
  virtual ~Snapshots() = default;
  /// Makes `to` a copy-on-write copy of `from`, which stays as it is, and returns the source of `to`. `from` may not be deleted before
  /// `to`; core keeps that promise. On error nothing is left behind. [S-8, S-20]
  virtual Result<std::string> snapshot(Call&, const Volume& from, const Volume& to) = 0;
};

/// Capability: a full copy that is faster than copying files.
class Copies {
 public:
  virtual ~Copies() = default;
  /// Makes `to` a copy of `from`, which stays as it is, and returns the source of `to`. [S-9, S-19, S-20]
  virtual Result<std::string> copy(Call&, const Volume& from, const Volume& to) = 0;
};

/// Capability: knows how much room a volume takes.
class Measured {
 public:
  virtual ~Measured() = default;
  virtual Result<StorageUsage> usage(Call&, const Volume&) = 0;
};

/// Capability: recognises a source that was written without TYPE:.
class Detects {
 public:
  virtual ~Detects() = default;
  virtual bool detect(Call&, std::string_view source) = 0;
};

/// Where a container's root file system comes from.
///
/// Called in the order create -> (attach -> detach)* -> destroy, never twice at once for one volume: core holds its lock. Every verb is
/// idempotent, and leaves nothing behind when it fails. Requirements: docs/plugin-authors/requirements.md, S-1 …
class Storage {
 public:
  virtual ~Storage() = default;
  /// Makes an empty volume of `size_bytes` (0: no limit) and returns its source string, as lxc.rootfs.path will have it after TYPE:.
  /// Errors: busy if it exists and is not empty; unsupported if a size is asked of a backend without quotas. [S-3]
  virtual Result<std::string> create(Call&, const Volume&, std::uint64_t size_bytes) = 0;
  /// Removes the volume. Removing what is gone already is no error. Never removes what create did not make. [S-4] Without a source, it is what a copy
  /// or snapshot that was killed has recorded. [S-20]
  virtual Result<void> destroy(Call&, const Volume&) = 0;
  /// Returns the fd of a detached mount of the volume's root, close-on-exec; the caller closes it. [S-5]
  /// Errors: not_found if there is no such volume.
  virtual Result<int> attach(Call&, const Volume&) = 0;
  /// Undoes attach: what attach recorded can be recalled, also in another process after a crash. [S-6]
  virtual Result<void> detach(Call&, const Volume&) = 0;
};

}  // namespace lxcx
