// SPDX-License-Identifier: Apache-2.0
#include "net-common/bridge.hpp"

#include <linux/if_bridge.h>
#include <sys/socket.h>

namespace lxcx::net {
namespace {

Result<void> change_vlan(Netlink& netlink, unsigned type, const Link& port, unsigned vlan, unsigned flags, std::string_view what) {
  Message message(type, 0);
  auto& head = message.header<ifinfomsg>();
  head.ifi_family = AF_BRIDGE;
  head.ifi_index = static_cast<int>(port.index);
  {
    const Message::Nest specifics(message, IFLA_AF_SPEC);
    const bridge_vlan_info info{static_cast<std::uint16_t>(flags), static_cast<std::uint16_t>(vlan)};
    message.put_bytes(IFLA_BRIDGE_VLAN_INFO, &info, sizeof info);
  }
  return netlink.request(message, std::string(what) + " vlan " + std::to_string(vlan) + " of '" + port.name + "'");
}

}  // namespace

Result<void> join_vlan(Netlink& netlink, const Link& port, unsigned vlan, Membership membership) {
  const unsigned flags = membership == Membership::untagged ? BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED : 0;
  return change_vlan(netlink, RTM_SETLINK, port, vlan, flags, "RTM_SETLINK");
}

Result<void> leave_vlan(Netlink& netlink, const Link& port, unsigned vlan) { return change_vlan(netlink, RTM_DELLINK, port, vlan, 0, "RTM_DELLINK"); }

}  // namespace lxcx::net
