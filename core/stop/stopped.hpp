// SPDX-License-Identifier: Apache-2.0
// What a stopped container is asked before it becomes another's, by name or by copy.
#pragma once
#include <utility>

#include "core/config/relocate.hpp"
#include "core/container/host.hpp"
#include "core/container/run_directory.hpp"

namespace lxcx::core {

/// What was cut short of `from` is finished first; then both names are held, which nobody else does in another order. Errors: not_found; busy when
/// it runs, also under LXC, or is not wholly created.
Result<std::pair<ContainerLock, ContainerLock>> lock_stopped(Host& host, const ContainerPaths& from, const ContainerPaths& to);

enum class OwnSnapshots {
  protect,
  go_too
};
/// Errors: busy when others stand on it, or it has snapshots. Ask under its lock: whoever makes a clone of it holds that.
Result<void> refuse_dependants(Host& host, const ContainerPaths& paths, OwnSnapshots snapshots = OwnSnapshots::protect);

/// Both spellings of the old directory: as its lxcpath is written, and where it really is.
Result<Relocation> relocation_between(Kernel& kernel, const ContainerPaths& from, const ContainerPaths& to);

}  // namespace lxcx::core
