// SPDX-License-Identifier: Apache-2.0
// lxc.rootfs.options: which of the words are attributes of the mount, and their application to a detached one.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lxcx/call.hpp"

namespace lxcx::storage {

struct MountOptions {
  std::uint64_t set = 0, clear = 0;     ///< MOUNT_ATTR_* (mount_setattr(2))
  std::uint64_t propagation = 0;        ///< MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE; 0: not said
  bool recursive = true;                ///< false for `bind`
  std::string idmap;                    ///< "", "container", or the path of a user namespace
  std::vector<std::string> superblock;  ///< sync, lazytime, …: a mount of a file system that is mounted already cannot change these
  std::vector<std::string> rest;        ///< the file system's own, "key" or "key=value"
};

/// Errors: config for options of lxc.mount.entry (create=, optional, relative), for remount, and for an idmap= that is neither
/// `container` nor an absolute path.
Result<MountOptions> parse_mount_options(std::string_view text);

/// Applies what was asked to a detached mount: attributes to its top, as mount(8) does; propagation and id map to all of it. Propagation is
/// slave unless said otherwise, so that nothing mounted in a container shows up on the host. `map` is the container's.
Result<void> apply_mount_options(int mount_fd, const MountOptions& options, std::span<const IdMap> map);

/// The id map alone, to all of a detached mount. `idmap` is "container" or a path.
Result<void> apply_idmap(int mount_fd, const std::string& idmap, std::span<const IdMap> map);

}  // namespace lxcx::storage
