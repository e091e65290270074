// SPDX-License-Identifier: Apache-2.0
// Addresses, routes and proxied neighbours of a device.
#pragma once
#include <optional>
#include <vector>

#include "net-common/address.hpp"
#include "net-common/link.hpp"
#include "net-common/netlink.hpp"

namespace lxcx::net {

/// Succeeds when the device has the address already.
Result<void> add_address(Netlink&, const Link&, const InterfaceAddress&);

/// The address of `link` that its neighbours would use as their gateway: the first permanent one of global scope, else, for IPv6, link-local.
Result<std::optional<IpAddress>> primary_address(Netlink&, const Link&, Family);

/// A route of the main table through `link`, by `gateway` or, without one, directly. Succeeds when exactly this route is there already.
/// Errors: busy when another device has a route to `destination`.
Result<void> add_route(Netlink&, const Link&, const Subnet& destination, const std::optional<IpAddress>& gateway = std::nullopt);

/// Whether `link` answers for `ip` (ip neighbour show proxy).
Result<bool> has_proxy(Netlink&, const Link&, const IpAddress& ip);
Result<void> add_proxy(Netlink&, const Link&, const IpAddress& ip);
Result<void> delete_proxy(Netlink&, const Link&, const IpAddress& ip);  ///< succeeds when it is gone already

}  // namespace lxcx::net
