// SPDX-License-Identifier: Apache-2.0
#include "net-common/inside.hpp"

#include <algorithm>

#include "net-common/route.hpp"

namespace lxcx::net {
namespace {

Result<void> add_default_route(Netlink& inside, const Link& device, const DeviceSettings& settings, Family family, const Gateway& gateway) {
  const Subnet everywhere{IpAddress{family, {}}, 0};
  if (gateway.kind == Gateway::Kind::none) return {};
  if (gateway.kind == Gateway::Kind::device) return add_route(inside, device, everywhere);
  if (!gateway.ip) return fail(Code::internal, "a gateway of 'auto' was not resolved");
  // The kernel takes a gateway only where it already knows the way to it; fe80::/10 is on every link.
  const bool is_on_link = (family == Family::ipv6 && gateway.ip->is_link_local()) ||
                          std::ranges::any_of(settings.addresses, [&](const InterfaceAddress& own) { return own.subnet.contains(*gateway.ip); });
  if (!is_on_link) LXCX_CHECK(add_route(inside, device, Subnet{*gateway.ip, max_prefix(family)}));
  return add_route(inside, device, everywhere, gateway.ip);
}

}  // namespace

Result<void> bring_up_loopback(Netlink& inside) {
  LXCX_TRY(loopback, find_link(inside, "lo"));
  if (!loopback) return fail(Code::not_found, "no device 'lo' in the container's network namespace");
  return loopback->is_up ? Result<void>{} : set_up(inside, *loopback);
}

Result<void> configure_inside(Netlink& inside, const Link& device, const DeviceSettings& settings) {
  if (settings.up) LXCX_CHECK(bring_up_loopback(inside));
  for (const InterfaceAddress& address : settings.addresses) LXCX_CHECK(add_address(inside, device, address));
  if (!settings.up) return {};
  LXCX_CHECK(set_up(inside, device));
  LXCX_CHECK(add_default_route(inside, device, settings, Family::ipv4, settings.ipv4_gateway));
  return add_default_route(inside, device, settings, Family::ipv6, settings.ipv6_gateway);
}

}  // namespace lxcx::net
