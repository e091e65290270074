// SPDX-License-Identifier: Apache-2.0
// The option words of lxc.mount.entry, fstab and lxc.rootfs.options, sorted into what the mount API takes.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::core {

struct MountOptions {
  std::uint64_t attributes_set = 0, attributes_clear = 0;  ///< MOUNT_ATTR_*
  std::uint64_t propagation = 0;                            ///< MS_SHARED, MS_SLAVE, …; 0: as it comes
  bool propagation_recursive = false;
  bool is_bind = false, is_recursive = false, is_remount = false;
  enum class Create {
    no,
    directory,
    file
  } create = Create::no;
  bool is_optional = false;
  bool is_relative = false;  ///< the source lies inside the container's root
  std::string idmap;         ///< "container", or a user namespace file
  /// For the file system itself: key and value, or key alone.
  std::vector<std::pair<std::string, std::string>> data;
};

/// Errors: config, for a create= or idmap= that cannot be.
Result<MountOptions> sort_mount_options(const std::vector<std::string>& words);

}  // namespace lxcx::core
