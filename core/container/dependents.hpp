// SPDX-License-Identifier: Apache-2.0
// Which containers are snapshot clones of which, in the files that LXC keeps of it: lxc_rdepends of a clone names what it stands on,
// lxc_snapshots of that names its clones; pairs of lines, the lxcpath and the name. The clone's file decides: an entry of one that says
// nothing of it any more, or is gone from beside the base, counts for nothing, so that neither file need be changed together with the other. One that
// should be elsewhere may be on a disk that is not mounted, and counts.
#pragma once
#include <vector>

#include "core/container/name.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// In the clone's file. Done already is no error.
Result<void> add_base(Kernel& kernel, const ContainerPaths& clone, const ContainerPaths& base);

/// In the base's file. Done already is no error. Errors: not_found when there is no such container; busy.
Result<void> add_clone(Kernel& kernel, const ContainerPaths& base, const ContainerPaths& clone);

/// Out of the base's file, which goes when it was the last. Gone already is no error.
Result<void> drop_clone(Kernel& kernel, const ContainerPaths& base, const ContainerPaths& clone);

/// What it stands on; nothing when it stands alone.
Result<std::vector<ContainerPaths>> bases_of(Kernel& kernel, const ContainerPaths& clone);

/// Whether other containers stand on this one. A file that cannot be read, or has but their number as before LXC 2, says yes.
bool has_clones(Kernel& kernel, const ContainerPaths& base);

}  // namespace lxcx::core
