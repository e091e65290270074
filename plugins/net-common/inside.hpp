// SPDX-License-Identifier: Apache-2.0
// What happens to a device once it stands in the container's namespace.
#pragma once
#include "net-common/link.hpp"
#include "net-common/netlink.hpp"
#include "net-common/settings.hpp"

namespace lxcx::net {

/// lo comes up too. Idempotent.
Result<void> bring_up_loopback(Netlink& inside);

/// Loopback, addresses, up, default routes, in this order and as far as the settings ask. Gateways of `auto` are resolved already. Idempotent.
Result<void> configure_inside(Netlink& inside, const Link& device, const DeviceSettings&);

}  // namespace lxcx::net
