// SPDX-License-Identifier: Apache-2.0
// Something for a network plugin to connect to: in the sandbox's own network namespace, a bridge lxcxbr0 (10.97.0.1/24), a device lxcxeth0 that
// is up, and namespaces that stand for containers. Over rtnetlink, so that the kit needs no program.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "lxcx/result.hpp"

namespace lxcx::conformance {

Result<void> make_lab();

/// A new network namespace, loopback up. The caller stays where it is.
Result<core::UniqueFd> make_netns();

struct Interface {
  std::string name;
  bool is_up = false;
  std::set<std::string> addresses;  ///< "10.0.0.2"
};
/// The interfaces of a namespace; -1: the caller's own.
Result<std::vector<Interface>> interfaces_of(int netns_fd);

/// What a host has that a plugin may change: interfaces, routes, forwarding. One line each, sorted; without link-local routes, which come and
/// go by themselves.
std::vector<std::string> host_network();

}  // namespace lxcx::conformance
