// SPDX-License-Identifier: Apache-2.0
#include "net-common/route.hpp"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

#include <cstring>

namespace lxcx::net {
namespace {

std::uint8_t family_of(Family family) { return static_cast<std::uint8_t>(address_family(family)); }

void put_ip(Message& message, unsigned attribute, const IpAddress& ip) { message.put_bytes(attribute, ip.bytes.data(), ip.size()); }

std::optional<IpAddress> ip_in(const Attributes& all, unsigned attribute, Family family) {
  IpAddress ip{family, {}};
  const nlattr* found = all.find(attribute);
  if (!found || mnl_attr_get_payload_len(found) != ip.size()) return std::nullopt;
  std::memcpy(ip.bytes.data(), mnl_attr_get_payload(found), ip.size());
  return ip;
}

std::string through(const Link& link, const Subnet& destination, const std::optional<IpAddress>& gateway) {
  return "RTM_NEWROUTE " + destination.text() + (gateway ? " via " + gateway->text() : std::string()) + " dev '" + link.name + "'";
}

/// Whether the main table has this very route.
Result<bool> has_route(Netlink& netlink, const Link& link, const Subnet& destination, const std::optional<IpAddress>& gateway) {
  const Family family = destination.ip.family;
  Message message(RTM_GETROUTE, NLM_F_DUMP);
  message.header<rtmsg>().rtm_family = family_of(family);
  LXCX_TRY(replies, netlink.query(message, "RTM_GETROUTE of all"));
  for (const Reply& reply : replies) {
    const auto& route = reply.header<rtmsg>();
    const Attributes all = reply.attributes(sizeof(rtmsg));
    if (all.u32(RTA_TABLE, route.rtm_table) != RT_TABLE_MAIN || route.rtm_dst_len != destination.prefix || all.u32(RTA_OIF) != link.index) continue;
    const IpAddress target = ip_in(all, RTA_DST, family).value_or(IpAddress{family, {}});
    if (target == destination.ip && ip_in(all, RTA_GATEWAY, family) == gateway) return true;
  }
  return false;
}

Message neighbour(unsigned type, unsigned flags, const Link& link, const IpAddress& ip) {
  Message message(type, flags);
  auto& head = message.header<ndmsg>();
  head.ndm_family = family_of(ip.family);
  head.ndm_ifindex = static_cast<int>(link.index);
  head.ndm_flags = NTF_PROXY;
  put_ip(message, NDA_DST, ip);
  return message;
}

std::string proxied(std::string_view call, const Link& link, const IpAddress& ip) {
  return std::string(call) + " proxy " + ip.text() + " dev '" + link.name + "'";
}

}  // namespace

Result<void> add_address(Netlink& netlink, const Link& link, const InterfaceAddress& address) {
  Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  auto& head = message.header<ifaddrmsg>();
  head.ifa_family = family_of(address.subnet.ip.family);
  head.ifa_prefixlen = static_cast<std::uint8_t>(address.subnet.prefix);
  head.ifa_index = link.index;
  put_ip(message, IFA_LOCAL, address.subnet.ip);
  put_ip(message, IFA_ADDRESS, address.subnet.ip);
  if (address.broadcast) put_ip(message, IFA_BROADCAST, *address.broadcast);
  return netlink.request(message, "RTM_NEWADDR " + address.subnet.text() + " dev '" + link.name + "'");
}

Result<std::optional<IpAddress>> primary_address(Netlink& netlink, const Link& link, Family family) {
  Message message(RTM_GETADDR, NLM_F_DUMP);
  auto& wanted = message.header<ifaddrmsg>();
  wanted.ifa_family = family_of(family);
  wanted.ifa_index = link.index;
  LXCX_TRY(replies, netlink.query(message, "RTM_GETADDR dev '" + link.name + "'"));
  std::optional<IpAddress> second_choice;
  for (const Reply& reply : replies) {
    const auto& head = reply.header<ifaddrmsg>();
    const Attributes all = reply.attributes(sizeof(ifaddrmsg));
    const std::uint32_t flags = all.u32(IFA_FLAGS, head.ifa_flags);
    // Kernels before 4.20 ignore the filter. IFA_F_SECONDARY is the same bit as IPv6's IFA_F_TEMPORARY.
    if (head.ifa_index != link.index || (flags & (IFA_F_SECONDARY | IFA_F_DEPRECATED | IFA_F_DADFAILED))) continue;
    std::optional<IpAddress> ip = ip_in(all, IFA_LOCAL, family);
    if (!ip) ip = ip_in(all, IFA_ADDRESS, family);
    if (!ip) continue;
    if (head.ifa_scope == RT_SCOPE_UNIVERSE) return ip;
    if (!second_choice && head.ifa_scope != RT_SCOPE_HOST) second_choice = ip;
  }
  return second_choice;
}

Result<void> add_route(Netlink& netlink, const Link& link, const Subnet& destination, const std::optional<IpAddress>& gateway) {
  // EXCL: without it IPv6 would add a second default route beside another device's.
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  auto& head = message.header<rtmsg>();
  head.rtm_family = family_of(destination.ip.family);
  head.rtm_dst_len = static_cast<std::uint8_t>(destination.prefix);
  head.rtm_table = RT_TABLE_MAIN;
  head.rtm_protocol = RTPROT_BOOT;  // set up by a program that then leaves, as ip(8) does
  head.rtm_type = RTN_UNICAST;
  const bool is_direct_v4 = !gateway && destination.ip.family == Family::ipv4;
  head.rtm_scope = static_cast<std::uint8_t>(is_direct_v4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
  if (destination.prefix > 0) put_ip(message, RTA_DST, destination.ip);
  if (gateway) put_ip(message, RTA_GATEWAY, *gateway);
  message.put_u32(RTA_OIF, link.index);
  Result<void> added = netlink.request(message, through(link, destination, gateway));
  if (added || added.error().sys_errno != EEXIST) return added;
  LXCX_TRY(is_there, has_route(netlink, link, destination, gateway));
  if (is_there) return {};
  added.error().code = Code::busy;
  added.error().hint = destination.prefix == 0 ? "another device has the default route already: give one device alone a gateway"
                                               : "another device has this route already: ip route show " + destination.text();
  return added;
}

Result<bool> has_proxy(Netlink& netlink, const Link& link, const IpAddress& ip) {
  // A dump, which kernels before 5.0 answer too; the strict kind takes no NDA_DST, so the filter is ours.
  Message all(RTM_GETNEIGH, NLM_F_DUMP);
  auto& head = all.header<ndmsg>();
  head.ndm_family = family_of(ip.family);
  head.ndm_flags = NTF_PROXY;
  LXCX_TRY(replies, netlink.query(all, proxied("RTM_GETNEIGH", link, ip)));
  for (const Reply& reply : replies)
    if (reply.header<ndmsg>().ndm_ifindex == static_cast<int>(link.index) && ip_in(reply.attributes(sizeof(ndmsg)), NDA_DST, ip.family) == ip)
      return true;
  return false;
}

Result<void> add_proxy(Netlink& netlink, const Link& link, const IpAddress& ip) {
  Message message = neighbour(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, link, ip);
  return netlink.request(message, proxied("RTM_NEWNEIGH", link, ip));
}

Result<void> delete_proxy(Netlink& netlink, const Link& link, const IpAddress& ip) {
  Message message = neighbour(RTM_DELNEIGH, 0, link, ip);
  const Result<void> gone = netlink.request(message, proxied("RTM_DELNEIGH", link, ip));
  if (!gone && (gone.error().sys_errno == ENOENT || gone.error().sys_errno == ENODEV)) return {};
  return gone;
}

}  // namespace lxcx::net
