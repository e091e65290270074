// SPDX-License-Identifier: Apache-2.0
#include "net-common/link.hpp"

#include <linux/if.h>
#include <linux/if_bridge.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>

#include "lxcx/fd.hpp"

namespace lxcx::net {
namespace {

Message about(unsigned type, unsigned index, unsigned flags = 0) {
  Message message(type, flags);
  message.header<ifinfomsg>().ifi_index = static_cast<int>(index);
  return message;
}

std::string named(std::string_view call, const Link& link) { return std::string(call) + " '" + link.name + "'"; }

Link to_link(const Reply& reply) {
  const auto& info = reply.header<ifinfomsg>();
  const Attributes all = reply.attributes(sizeof(ifinfomsg));
  Link link;
  link.index = static_cast<unsigned>(info.ifi_index);
  link.name = all.text(IFLA_IFNAME);
  link.alias = all.text(IFLA_IFALIAS);
  link.is_up = (info.ifi_flags & IFF_UP) != 0;
  link.is_loopback = (info.ifi_flags & IFF_LOOPBACK) != 0;
  link.mtu = all.u32(IFLA_MTU);
  link.master = all.u32(IFLA_MASTER);
  link.peer = all.u32(IFLA_LINK);
  if (all.find(IFLA_LINK_NETNSID)) link.peer_netns = static_cast<int>(all.u32(IFLA_LINK_NETNSID));
  if (const nlattr* mac = all.find(IFLA_ADDRESS); mac && mnl_attr_get_payload_len(mac) == link.mac.size())
    std::memcpy(link.mac.data(), mnl_attr_get_payload(mac), link.mac.size());
  const Attributes details = all.nested(IFLA_LINKINFO);
  link.kind = details.text(IFLA_INFO_KIND);
  if (link.kind == "bridge") {
    const Attributes bridge = details.nested(IFLA_INFO_DATA);
    if (const nlattr* filters = bridge.find(IFLA_BR_VLAN_FILTERING)) link.filters_vlans = mnl_attr_get_u8(filters) != 0;
    if (const nlattr* vlan = bridge.find(IFLA_BR_VLAN_DEFAULT_PVID)) link.default_vlan = mnl_attr_get_u16(vlan);
  }
  if (const nlattr* counters = all.find(IFLA_STATS64)) {
    rtnl_link_stats64 counted{};
    std::memcpy(&counted, mnl_attr_get_payload(counters), std::min<std::size_t>(sizeof counted, mnl_attr_get_payload_len(counters)));
    link.rx_bytes = counted.rx_bytes;
    link.tx_bytes = counted.tx_bytes;
  }
  return link;
}

Result<std::optional<Link>> ask(Netlink& netlink, Message& message, std::string_view what) {
  Result<std::vector<Reply>> replies = netlink.query(message, what);
  if (!replies && replies.error().sys_errno == ENODEV) return std::nullopt;
  if (!replies) return std::unexpected(std::move(replies).error());
  if (replies->empty()) return std::nullopt;
  return to_link(replies->front());
}

}  // namespace

Result<std::optional<Link>> find_link(Netlink& netlink, std::string_view name) {
  if (name.empty() || name.size() >= ALTIFNAMSIZ) return std::nullopt;
  Message message = about(RTM_GETLINK, 0);
  message.put(name.size() < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
  return ask(netlink, message, "RTM_GETLINK '" + std::string(name) + "'");
}

Result<std::optional<Link>> find_link(Netlink& netlink, unsigned index) {
  if (index == 0) return std::nullopt;
  Message message = about(RTM_GETLINK, index);
  return ask(netlink, message, "RTM_GETLINK of index " + std::to_string(index));
}

Result<std::vector<Link>> all_links(Netlink& netlink) {
  Message message = about(RTM_GETLINK, 0, NLM_F_DUMP);
  LXCX_TRY(replies, netlink.query(message, "RTM_GETLINK of all"));
  std::vector<Link> links;
  for (const Reply& reply : replies) links.push_back(to_link(reply));
  return links;
}

bool is_free_name(const std::string& name) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return socket && ::ioctl(socket.get(), SIOCGIFINDEX, &request) != 0 && errno == ENODEV;
}

Result<bool> peer_is_ending(Netlink& netlink, const Link& link) {
  if (!link.peer_netns) return false;
  if (*link.peer_netns < 0) return true;  // NETNSA_NSID_NOT_ASSIGNED: the id is taken back before the devices are
  // The id is still there; the kernel looks a namespace up by it only while somebody uses the namespace (get_net_ns_by_id()).
  Message message = about(RTM_GETLINK, link.peer);
  message.put_u32(IFLA_TARGET_NETNSID, static_cast<std::uint32_t>(*link.peer_netns));
  const Result<std::vector<Reply>> seen = netlink.query(message, "RTM_GETLINK of the peer of '" + link.name + "'");
  return !seen && seen.error().sys_errno == EINVAL;
}

Result<void> set_up(Netlink& netlink, const Link& link) {
  Message message(RTM_NEWLINK, 0);
  auto& info = message.header<ifinfomsg>();
  info.ifi_index = static_cast<int>(link.index);
  info.ifi_flags = info.ifi_change = IFF_UP;
  return netlink.request(message, named("RTM_NEWLINK up", link));
}

Result<void> set_mac(Netlink& netlink, const Link& link, const Mac& mac) {
  Message message = about(RTM_NEWLINK, link.index);
  message.put_bytes(IFLA_ADDRESS, mac.data(), mac.size());
  return netlink.request(message, named("RTM_NEWLINK address " + to_text(mac), link));
}

Result<void> set_mtu(Netlink& netlink, const Link& link, unsigned mtu) {
  Message message = about(RTM_NEWLINK, link.index);
  message.put_u32(IFLA_MTU, mtu);
  return netlink.request(message, named("RTM_NEWLINK mtu " + std::to_string(mtu), link));
}

Result<void> set_master(Netlink& netlink, const Link& link, unsigned master) {
  Message message = about(RTM_NEWLINK, link.index);
  message.put_u32(IFLA_MASTER, master);
  return netlink.request(message, named("RTM_NEWLINK master", link));
}

Result<void> rename_link(Netlink& netlink, const Link& link, std::string_view name) {
  Message message = about(RTM_NEWLINK, link.index);
  message.put(IFLA_IFNAME, name);
  return netlink.request(message, named("RTM_NEWLINK name '" + std::string(name) + "'", link));
}

Result<void> set_alias(Netlink& netlink, const Link& link, std::string_view alias) {
  Message message = about(RTM_NEWLINK, link.index);
  message.put(IFLA_IFALIAS, alias.substr(0, 255));  // IFALIASZ is 256, with the NUL
  return netlink.request(message, named("RTM_NEWLINK alias", link));
}

Result<void> delete_link(Netlink& netlink, unsigned index, std::string_view name) {
  Message message = about(RTM_DELLINK, index);
  const Result<void> gone = netlink.request(message, "RTM_DELLINK '" + std::string(name) + "'");
  if (!gone && gone.error().sys_errno == ENODEV) return {};
  return gone;
}

Result<void> check_device_name(std::string_view name) {
  const std::string quoted = "'" + std::string(name) + "'";
  if (name.empty() || name.size() >= IFNAMSIZ)
    return fail(Code::config, quoted + " has " + std::to_string(name.size()) + " bytes", "the name of a device has 1 to 15 bytes");
  const auto is_bad = [](char c) { return c == '/' || c == ':' || c == '%' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  if (std::ranges::any_of(name, is_bad))
    return fail(Code::config, quoted + " cannot name a device", "leave out blanks, control characters and / : %");
  if (name == "." || name == ".." || name == "all" || name == "default" || name == "lo")
    return fail(Code::config, quoted + " is a name that the kernel keeps for itself", "choose another, such as eth0");
  return {};
}

}  // namespace lxcx::net
