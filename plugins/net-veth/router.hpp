// SPDX-License-Identifier: Apache-2.0
// veth.mode = router: the host routes to the container and answers for its gateway.
#pragma once
#include "net-common/netlink.hpp"
#include "net-veth/veth_settings.hpp"

namespace lxcx::net {

/// Errors: config, when this host does not forward IPv6: lxcx changes no global forwarding unasked.
Result<void> check_router(const Nic&, const VethSettings&);

/// Forwarding and proxied gateways on the host end, and a route to each of the container's addresses through it. All of it goes with the host
/// end. Idempotent. The thread stands in the host's namespace.
Result<void> set_up_router(Netlink& host, const Link& host_end, const VethSettings&);

}  // namespace lxcx::net
