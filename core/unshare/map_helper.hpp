// SPDX-License-Identifier: Apache-2.0
// newuidmap(1) and newgidmap(1): for a caller who may not write the maps of a user namespace himself.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// Replaces the process by a program of PATH. Returns only to fail.
Result<void> execute_from_path(Kernel& kernel, const std::vector<std::string>& command);

/// `text` is what /proc/PID/uid_map (or gid_map) would take. Errors: not_found when the helper is not installed; denied when it refuses.
Result<void> run_map_helper(Kernel& kernel, bool is_group, pid_t process, const std::string& text);

}  // namespace lxcx::core
