// SPDX-License-Identifier: Apache-2.0
// What /proc says of the cgroup hierarchies, as data. Pure; private to core/kernel and its tests.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/cgroup/cgroups.hpp"

namespace lxcx::core {

/// The cgroup mounts of /proc/PID/mountinfo, the first of each hierarchy; `base` still holds the mount's root ("/" mostly).
std::vector<Hierarchy> parse_cgroup_mounts(std::string_view mountinfo, const std::vector<std::string>& v2_controllers);

/// Replaces each `base` by what /proc/PID/cgroup says, relative to the mount's root, without init.scope; "" is the hierarchy's top.
/// A hierarchy whose mount does not show that group is dropped.
void place_bases(std::vector<Hierarchy>& hierarchies, std::string_view proc_cgroup);

CgroupLayout layout_of(const std::vector<Hierarchy>& hierarchies);

/// A group's path below the bases: relative, without empty, "." or ".." components, so that no verb acts on a base. Errors: usage.
Result<void> check_group_path(std::string_view path);

/// MOUNT_POINT BASE / PATH
std::string group_directory(const Hierarchy& hierarchy, std::string_view path);

/// "0-3,8" as numbers, sorted; what cannot be read is left out.
std::vector<unsigned> parse_cpu_list(std::string_view text);
std::string print_cpu_list(const std::vector<unsigned>& cpus);

}  // namespace lxcx::core
