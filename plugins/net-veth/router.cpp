// SPDX-License-Identifier: Apache-2.0
#include "net-veth/router.hpp"

#include "net-common/route.hpp"
#include "net-common/sysctl.hpp"

namespace lxcx::net {
namespace {

/// The container sends to its gateway; the host end answers ARP or neighbour discovery in the gateway's name.
Result<void> stand_in_for(Netlink& host, const Link& host_end, Family family, const Gateway& gateway) {
  if (!gateway.ip) return {};
  LXCX_CHECK(write_device_sysctl(family, host_end.name, "forwarding", 1));
  if (family == Family::ipv6) LXCX_CHECK(write_device_sysctl(family, host_end.name, "proxy_ndp", 1));
  return add_proxy(host, host_end, *gateway.ip);
}

}  // namespace

Result<void> check_router(const Nic& nic, const VethSettings& settings) {
  if (settings.mode != VethMode::router || settings.device.ipv6_gateway.kind == Gateway::Kind::none) return {};
  LXCX_TRY(forwarding, read_device_sysctl(Family::ipv6, "all", "forwarding"));
  if (forwarding == 1) return {};
  return fail(Code::config, key_of(nic, "ipv6.gateway") + ": router mode needs net.ipv6.conf.all.forwarding = 1 on this host",
              "sysctl -w net.ipv6.conf.all.forwarding=1");
}

Result<void> set_up_router(Netlink& host, const Link& host_end, const VethSettings& settings) {
  LXCX_CHECK(stand_in_for(host, host_end, Family::ipv4, settings.device.ipv4_gateway));
  LXCX_CHECK(stand_in_for(host, host_end, Family::ipv6, settings.device.ipv6_gateway));
  for (const InterfaceAddress& address : settings.device.addresses) {
    const IpAddress& ip = address.subnet.ip;
    LXCX_CHECK(add_route(host, host_end, Subnet{ip, max_prefix(ip.family)}));
  }
  return {};
}

}  // namespace lxcx::net
