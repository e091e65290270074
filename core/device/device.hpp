// SPDX-License-Identifier: Apache-2.0
// Devices of a running container: nodes and network interfaces, brought in and taken out.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/attach/container_facts.hpp"
#include "core/cgroup/cgroups.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

struct DeviceTarget {
  ContainerFacts facts;
  std::optional<Cgroups> cgroups;  ///< nothing: it runs without
  std::string group;
};

/// Makes the host's device `source` at `path` inside, where nothing may stand but that device itself, and opens the device cgroup for it. Where
/// a node cannot be made (user_namespaces(7)) the host's is bound over an empty file. No link below the container's root is followed.
/// Errors: not_found; busy when something else stands there; usage.
Result<void> add_node(Kernel& kernel, DeviceTarget& target, const std::string& source, const std::string& path);

/// Takes the node away, and closes the device cgroup for it. Errors: not_found; usage when it is no device node.
Result<void> remove_node(Kernel& kernel, DeviceTarget& target, const std::string& path);

/// Of the namespace this process is in.
bool is_interface(Kernel& kernel, std::string_view name);

/// To another network namespace, as `new_name`.
Result<void> move_interface(Kernel& kernel, const std::string& name, int to_netns, const std::string& new_name);

/// Moves an interface from here into the container's network namespace, as `new_name`; it is down then.
/// Errors: busy when the name is taken inside, or the container has no network namespace of its own.
Result<void> add_interface(Kernel& kernel, const DeviceTarget& target, const std::string& name, const std::string& new_name);

/// The way back. Errors: not_found; busy when the name is taken here.
Result<void> remove_interface(Kernel& kernel, const DeviceTarget& target, const std::string& name, const std::string& new_name);

/// Whether the container has an interface of that name, in a network namespace of its own.
Result<bool> has_interface(Kernel& kernel, const DeviceTarget& target, const std::string& name);

/// Whether the kernel can make devices of a kind ("veth"), by making one: for a network namespace that goes with its process.
Result<bool> knows_link_kind(Kernel& kernel, std::string_view kind);

/// Where a node goes: from the container's root, in components. Errors: usage for what is not absolute, or has "..".
Result<std::vector<std::string>> split_device_path(std::string_view path);

}  // namespace lxcx::core
