// SPDX-License-Identifier: Apache-2.0
// VLANs of a bridge's port.
#pragma once
#include "net-common/link.hpp"
#include "net-common/netlink.hpp"

namespace lxcx::net {

enum class Membership {
  tagged,
  untagged
};

/// Makes `port` a member of a VLAN; an untagged member is also the port's own VLAN (PVID).
Result<void> join_vlan(Netlink&, const Link& port, unsigned vlan, Membership);
Result<void> leave_vlan(Netlink&, const Link& port, unsigned vlan);

}  // namespace lxcx::net
