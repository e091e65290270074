// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/privilege.hpp"

#include <linux/capability.h>
#include <unistd.h>

namespace lxcx::core {

bool is_privileged(Kernel& kernel) {
  if (::geteuid() == 0) return true;
  const Result<CapabilitySets> sets = kernel.capget();
  return sets && ((sets->effective >> CAP_SYS_ADMIN) & 1U) != 0;
}

}  // namespace lxcx::core
