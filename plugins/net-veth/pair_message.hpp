// SPDX-License-Identifier: Apache-2.0
// The one message that makes a veth pair: for root's plugin, and for the service that makes pairs for ordinary users.
#pragma once
#include <optional>
#include <string>

#include "net-common/link.hpp"
#include "net-common/netlink.hpp"

namespace lxcx::net {

/// fe: the greatest first byte of a locally administered unicast address. A bridge takes its ports' least address for its own, so that this
/// one never becomes the bridge's, whose address would change with every start and stop.
inline constexpr std::string_view host_mac_pattern = "fe:xx:xx:xx:xx:xx";

struct PairEnds {
  std::string host_name;
  Mac host_mac{};
  std::string inside_name;        ///< empty: the first free ethN
  std::optional<Mac> inside_mac;  ///< none: the kernel's choice
  unsigned mtu = 0;               ///< of both; 0: the kernel's default
  unsigned master = 0;            ///< index of the host end's bridge; 0: none
  bool comes_up = true;           ///< the host end
  unsigned rx_queues = 0, tx_queues = 0;
  int netns_fd = -1;              ///< where the inside end appears; the caller's to close
};

/// One RTM_NEWLINK, which makes all of it or nothing. Errors: kernel; EEXIST when one of the two names is taken.
Result<void> request_pair(Netlink& host, const PairEnds& ends);

}  // namespace lxcx::net
