// SPDX-License-Identifier: Apache-2.0
#include "net-veth/pair_message.hpp"

#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>

namespace lxcx::net {
namespace {

/// The kernel puts the first free number for %d, and does so in the peer's namespace.
constexpr std::string_view first_free_name = "eth%d";

void put_queues(Message& message, const PairEnds& ends) {
  if (ends.rx_queues) message.put_u32(IFLA_NUM_RX_QUEUES, ends.rx_queues);
  if (ends.tx_queues) message.put_u32(IFLA_NUM_TX_QUEUES, ends.tx_queues);
}

void put_peer(Message& message, const PairEnds& ends) {
  const Message::Nest peer(message, VETH_INFO_PEER);
  message.header<ifinfomsg>();
  message.put(IFLA_IFNAME, ends.inside_name.empty() ? first_free_name : ends.inside_name);
  message.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(ends.netns_fd));
  if (ends.inside_mac) message.put_bytes(IFLA_ADDRESS, ends.inside_mac->data(), ends.inside_mac->size());
  if (ends.mtu) message.put_u32(IFLA_MTU, ends.mtu);
  put_queues(message, ends);
}

}  // namespace

Result<void> request_pair(Netlink& host, const PairEnds& ends) {
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  auto& info = message.header<ifinfomsg>();
  if (ends.comes_up) info.ifi_flags = info.ifi_change = IFF_UP;
  message.put(IFLA_IFNAME, ends.host_name);
  message.put_bytes(IFLA_ADDRESS, ends.host_mac.data(), ends.host_mac.size());
  if (ends.mtu) message.put_u32(IFLA_MTU, ends.mtu);
  if (ends.master) message.put_u32(IFLA_MASTER, ends.master);
  put_queues(message, ends);
  {
    const Message::Nest details(message, IFLA_LINKINFO);
    message.put(IFLA_INFO_KIND, "veth");
    const Message::Nest data(message, IFLA_INFO_DATA);
    put_peer(message, ends);
  }
  const std::string inside = ends.inside_name.empty() ? "ethN" : ends.inside_name;
  return host.request(message, "RTM_NEWLINK veth '" + ends.host_name + "' with peer '" + inside + "' in the container");
}

}  // namespace lxcx::net
