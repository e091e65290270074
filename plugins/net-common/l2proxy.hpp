// SPDX-License-Identifier: Apache-2.0
// lxc.net.N.l2proxy: the link answers ARP and neighbour discovery for the container's addresses.
#pragma once
#include "lxcx/network.hpp"
#include "net-common/settings.hpp"

namespace lxcx::net {

/// The link must be there and forward already: lxcx changes no host's forwarding unasked. Errors: config, with the sysctl to set.
Result<void> check_l2proxy(const Nic&, const DeviceSettings&);

/// Adds an entry for each address, recording those that were not there before. Idempotent.
Result<void> connect_l2proxy(Call&, Netlink& host, const Link& link, const DeviceSettings&);

/// Takes back what connect_l2proxy recorded.
Result<void> disconnect_l2proxy(Call&, Netlink& host);

}  // namespace lxcx::net
