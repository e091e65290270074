// SPDX-License-Identifier: Apache-2.0
// Questions to the running kernel, asked by doing what a container's start would do, in a child that is gone afterwards.
#pragma once
#include <string>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

struct ProbeAnswer {
  int error = 0;       ///< errno; 0: it works
  std::string detail;  ///< in words, when there is more to say
  /// Whoever may not ask gets no answer.
  bool is_unknown() const;
};

/// `flag`: CLONE_NEW….
ProbeAnswer ask_for_namespace(Kernel& kernel, int flag);
ProbeAnswer ask_for_filesystem(Kernel& kernel, const char* type);
/// A kind of network device, such as veth.
ProbeAnswer ask_for_link_kind(Kernel& kernel, const char* kind);
/// On the file system of that directory.
ProbeAnswer ask_for_idmapped_mounts(Kernel& kernel, const std::string& directory);
ProbeAnswer ask_for_seccomp(Kernel& kernel);
ProbeAnswer ask_for_landlock(Kernel& kernel);

}  // namespace lxcx::core
