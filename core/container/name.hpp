// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "lxcx/result.hpp"

namespace lxcx::core {

/// A container's name: 1 to 200 bytes, no '/', no control characters, not starting with '.' or '-'. Errors: usage.
Result<void> check_name(std::string_view name);

/// The same for a container that is to be: its name becomes its host name, which has 64 bytes at most.
Result<void> check_new_name(std::string_view name);

/// Where one container lives.
struct ContainerPaths {
  std::string lxcpath;    ///< no trailing slash
  std::string name;
  std::string directory() const { return lxcpath + "/" + name; }
  std::string config() const { return directory() + "/config"; }
  std::string partial() const { return directory() + "/partial"; }
};

/// Where lxcx keeps what must not survive a reboot: /run/lxcx, or the user's runtime directory.
struct RuntimeRoot {
  std::string directory;     ///< "/run/lxcx"
  std::string rootfs_mount;  ///< where roots are mounted, in mount namespaces of their own; empty: directory/rootfs
  /// directory/<fnv1a of lxcpath, 16 hex digits>; mode 0700
  std::string of_lxcpath(std::string_view lxcpath) const;
  std::string of_container(const ContainerPaths& paths) const;
  std::string lock_of(const ContainerPaths& paths) const;
  std::string default_rootfs_mount() const { return rootfs_mount.empty() ? directory + "/rootfs" : rootfs_mount; }
};
RuntimeRoot runtime_root();

}  // namespace lxcx::core
