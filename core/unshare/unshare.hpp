// SPDX-License-Identifier: Apache-2.0
// One program in namespaces of its own, without a container.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/config/container_config.hpp"
#include "core/kernel/kernel.hpp"
#include "core/unshare/id_maps.hpp"

namespace lxcx::core {

struct UnshareRequest {
  unsigned namespaces = 0;              ///< namespace_bit()s
  std::vector<IdMapping> maps;          ///< of the user namespace; written by newuidmap and newgidmap for a caller that is not root
  std::optional<uid_t> uid;             ///< inside; and 0 of the groups, where there is a map of groups
  bool shares_mount_events = false;     ///< mounts of the host still show up inside (rslave), else none do (rprivate)
  bool remount = false;                 ///< /proc, /dev/shm and /dev/mqueue, anew
  std::string hostname;
  std::vector<std::string> interfaces;  ///< moved into the network namespace
  bool daemon = false;                  ///< does not wait
  std::vector<std::string> command;
};

/// The program's status as a shell reports it; 0 for a daemon. Errors: not_found, denied, kernel when it could not be executed.
Result<int> run_unshared(Kernel& kernel, const UnshareRequest& request);

/// What /etc/subuid and /etc/subgid give to the caller, from id 0 on. Errors: not_found.
Result<std::vector<IdMapping>> all_subordinate_maps(Kernel& kernel);
/// The first range of each.
Result<std::vector<IdMapping>> own_subordinate_maps(Kernel& kernel);

}  // namespace lxcx::core
