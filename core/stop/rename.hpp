// SPDX-License-Identifier: Apache-2.0
// Another name for a container, in its place: the directory is renamed, and what its configuration says of the old one changed. No data is copied.
//
//   1. everything is checked, and the new configuration made and read, before anything is changed
//   2. `renamed-from` with the old name is put into the directory      cut short here: the container has its old name, and the file no meaning
//   3. the directory is renamed, in one call                           cut short here: the next command that needs the configuration finishes
//   4. the fstab and the configuration are replaced, each in one call
//   5. `renamed-from` goes
#pragma once
#include <string>
#include <vector>

#include "core/container/host.hpp"

namespace lxcx::core {

/// Returns warnings, formatted. Errors: not_found; busy when it runs (also under LXC), is being created, has snapshots or clones, or `to` exists;
/// config when its configuration has errors, or would still name the old root file system.
Result<std::vector<std::string>> rename_container(Host& host, const ContainerPaths& from, const ContainerPaths& to);

/// Steps 4 and 5 of a rename that was cut short; true if there was one. Takes the container's lock.
Result<bool> finish_rename(Host& host, const ContainerPaths& paths);

}  // namespace lxcx::core
