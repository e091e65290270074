// SPDX-License-Identifier: Apache-2.0
// The device program on a v2 cgroup, by bpf(2).
#pragma once
#include <vector>

#include "core/cgroup/device_rules.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// Adds `changes` to those made before on this cgroup, and puts the program that they add up to in place of the former one, atomically.
/// The changes are kept in the extended attribute trusted.lxcx.devices of the directory, so that any later process can go on from them.
Result<void> change_devices(Kernel& kernel, int cgroup_fd, const std::vector<DeviceChange>& changes);

/// One change of a group that lives: with_live_change().
Result<void> change_live_device(Kernel& kernel, int cgroup_fd, const DeviceChange& change);

/// The changes made so far, one line each: "allow c 1:3 rwm".
Result<std::string> device_changes(Kernel& kernel, int cgroup_fd);

}  // namespace lxcx::core
