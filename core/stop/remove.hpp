// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "core/config/container_config.hpp"
#include "core/container/host.hpp"

namespace lxcx::core {

/// Of a container that nothing stands on (refuse_dependants()): runs the destroy hooks, removes the storage (unless lxc.rootfs.managed = 0) and the
/// container's directory. The container must be down, and its lock held.
Result<void> remove_container(Host& host, const ContainerPaths& paths, const ContainerConfig& config);

/// Empties a directory, `config` and `partial` last; what something is mounted on is an error.
Result<void> remove_children(Kernel& kernel, int dirfd);

/// Removes a directory tree, without following links; what something is mounted on is an error.
/// Gone already is none.
Result<void> remove_tree(Kernel& kernel, int parent_dirfd, const std::string& name);

/// The scopes of what `partial` records of a creation: storage, size, source; and the storage's settings.
constexpr std::string_view create_scope = "create", create_setting_scope = "create setting";

/// In the container's directory, when its volume lies elsewhere: the storage plugin's records of the creation, in the scope "storage".
constexpr std::string_view storage_records = "storage-records";

/// Takes back a creation that was cut short (creation_of): its volume, then the container's directory. The container's lock must be held.
Result<void> remove_unfinished(Host& host, const ContainerPaths& paths);

bool has_snapshots(Kernel& kernel, const ContainerPaths& paths);

struct DestroyRequest {
  std::string name;
  bool force = false;      ///< stop it first
  bool snapshots = false;  ///< with its snapshots
};
/// Errors: not_found; busy when it runs (also under LXC), is being created, or has snapshots or clones; denied when its configuration is another
/// user's.
Result<void> destroy_container(Host& host, const ContainerPaths& paths, const DestroyRequest& request);

}  // namespace lxcx::core
