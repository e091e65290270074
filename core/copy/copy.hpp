// SPDX-License-Identifier: Apache-2.0
// A container made of another: its volume copied, or a snapshot of it; its configuration with another name, other paths and hardware addresses.
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "core/create/new_container.hpp"

namespace lxcx::core {

struct CopyRequest {
  bool snapshot = false;              ///< copy on write: the origin stays, and may not be destroyed before the copy
  bool keep_name = false;             ///< the host name, in the configuration and in /etc/hostname
  bool keep_mac = false;
  std::string storage;                ///< the plugin; empty: the origin's, for a snapshot of a directory overlay
  std::vector<std::string> hook_args; ///< of the clone hooks
  Progress progress;
  const std::atomic<bool>* cancelled = nullptr;  ///< once true: what was made is taken back, and the error is `cancelled`
};

/// `from` is down, and stays as it is but for a snapshot's entry in its lxc_snapshots. Everything is validated before anything is touched; exactly
/// what was made is removed when it fails. Returns warnings, formatted. Errors: not_found; busy when `from` runs (also under LXC) or is being
/// created, or `to` is taken; unsupported when the storage has no copies, or no snapshots; hook.
/// Single-threaded callers only: the clone hooks run in a forked process with a mount namespace of its own.
Result<std::vector<std::string>> copy_container(Host& host, const ContainerPaths& from, const ContainerPaths& to, const CopyRequest& request);

}  // namespace lxcx::core
