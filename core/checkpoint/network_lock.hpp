// SPDX-License-Identifier: Apache-2.0
// criu keeps packets out of a network namespace that it dumps, by a table of nftables named after init's pid. The table gets into the dump; and
// criu 3.17 takes the one of the new pid away after a restore, which is not there, so that the network would stay closed (criu/net.c,
// nftables_network_unlock).
#pragma once
#include <string>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// The table that a dump of the process makes.
std::string network_lock_table(pid_t init);

/// Removes that table from a namespace. None of that name is no error, nor is a kernel without nftables.
Result<void> remove_network_lock(Kernel& kernel, int netns_fd, const std::string& table);

}  // namespace lxcx::core
