// SPDX-License-Identifier: Apache-2.0
// What makes an ordinary user root of his own containers: a user namespace in which his id and his subordinate ids are what they are outside, and
// in which he has every capability. Ids in a configuration so mean the same to him and to root.
#pragma once
#include <sys/types.h>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// Whose namespace there may be already: the processes of a container, 0 for one that does not run. While it reboots the monitor alone runs.
struct NamespaceHolders {
  pid_t init = 0;
  pid_t monitor = 0;
};

/// For an ordinary user: enters such a namespace, and a mount namespace below it; programs that are executed keep its capabilities (ambient,
/// capabilities(7)). That of a container is the one which it was started from (ioctl_ns(2)), where alone its cgroup and mounts can be taken down, and
/// its processes be killed; without any holder a new one, mapped by newuidmap(1). For the rest of the process' life, and for a single-threaded one.
/// Errors: not_found when there are no subordinate ids, or no newuidmap; denied when the kernel does not let ordinary users make namespaces.
/// kernel, with ENOENT or ESRCH, when the holder has ended meanwhile: then nothing was entered.
Result<void> enter_own_namespace(Kernel& kernel, const NamespaceHolders& holders);

}  // namespace lxcx::core
