// SPDX-License-Identifier: Apache-2.0
// Network devices, as RTM_GETLINK shows them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net-common/address.hpp"
#include "net-common/netlink.hpp"

namespace lxcx::net {

struct Link {
  unsigned index = 0;
  std::string name;
  std::string kind;    ///< "bridge", "veth", "macvlan", …; empty for hardware and lo
  std::string alias;    ///< set_alias()'s
  Mac mac{};
  bool is_up = false;
  bool is_loopback = false;
  unsigned mtu = 0;
  unsigned master = 0;  ///< the bridge or bond that it is a port of; 0: none
  unsigned peer = 0;    ///< IFLA_LINK: veth's other end, macvlan's lower device; an index of that device's own namespace
  std::optional<int> peer_netns;  ///< IFLA_LINK_NETNSID: the peer's namespace when it is another; -1: one that is ending
  bool filters_vlans = false;     ///< a bridge with vlan_filtering=1
  unsigned default_vlan = 0;      ///< a bridge's vlan_default_pvid
  std::uint64_t rx_bytes = 0, tx_bytes = 0;
};

/// By name, or by alternative name; no value when there is none.
Result<std::optional<Link>> find_link(Netlink&, std::string_view name);
Result<std::optional<Link>> find_link(Netlink&, unsigned index);
Result<std::vector<Link>> all_links(Netlink&);

/// Whether no device of the thread's namespace has that name. Unlike RTM_GETLINK this does not wait for the RTNL lock, which the kernel holds
/// for milliseconds at a time while it removes the devices of a namespace.
bool is_free_name(const std::string& name);

/// Whether the namespace that holds the peer of `link` has lost its last user: then the kernel is about to remove both devices, unasked.
Result<bool> peer_is_ending(Netlink&, const Link& link);

Result<void> set_up(Netlink&, const Link&);
Result<void> set_mac(Netlink&, const Link&, const Mac&);
Result<void> set_mtu(Netlink&, const Link&, unsigned mtu);
/// Makes it a port of the bridge of that index.
Result<void> set_master(Netlink&, const Link&, unsigned master);
Result<void> rename_link(Netlink&, const Link&, std::string_view name);
/// ip(8) shows it beside the device, so that a human sees whose it is.
Result<void> set_alias(Netlink&, const Link&, std::string_view alias);
/// Succeeds when it is gone already.
Result<void> delete_link(Netlink&, unsigned index, std::string_view name);

/// What a device may be called (dev_valid_name() in the kernel's net/core/dev.c; "all" and "default" are names of sysctl folders).
/// Errors: config, with the reason.
Result<void> check_device_name(std::string_view name);

}  // namespace lxcx::net
