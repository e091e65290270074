// SPDX-License-Identifier: Apache-2.0
// What listings of the host's containers and of containers in containers share.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "core/info/info.hpp"

namespace lxcx::core {

/// Containers that LXC runs, from its abstract sockets in `table` (a /proc/PID/net/unix): one read for all of them. Those whose socket is named
/// after a hash are found among the `defined` ones only.
std::set<std::string> names_under_lxc(Kernel& kernel, const std::string& table, const std::string& lxcpath, const std::set<std::string>& defined);

/// Autostart, groups, privilege. A configuration that cannot be read tells nothing.
Result<void> fill_from_config(const ConfigSource& source, const std::string& file, ContainerSummary& summary);

/// Adds behind each running container those that are defined or run in it, `depth` levels down.
void add_nested(Kernel& kernel, unsigned depth, bool details, std::vector<ContainerSummary>& summaries);

}  // namespace lxcx::core
