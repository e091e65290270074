// SPDX-License-Identifier: Apache-2.0
// Emptying and removing one group of one hierarchy. Private to core/kernel.
#pragma once
#include <string>

#include "core/cgroup/cgroups.hpp"

namespace lxcx::core {

/// Kills every process in the group and below it; returns once the signals are sent. Gone already is no error.
Result<void> kill_group(Kernel& kernel, const std::string& directory, bool is_v2);

/// Removes the group and all below it, children first; waits up to the timeout for processes that are still ending. Gone already is no
/// error. Errors: busy.
Result<void> remove_group(Kernel& kernel, const std::string& directory, int timeout_ms);

}  // namespace lxcx::core
