// SPDX-License-Identifier: Apache-2.0
// The two ends of a veth pair: making them in one message, and knowing one's own again.
#pragma once
#include <optional>

#include "net-common/link.hpp"
#include "net-common/netlink.hpp"
#include "net-veth/veth_settings.hpp"

namespace lxcx::net {

/// The host end that an earlier connect recorded, if it is still there. A device that merely has its name is not it: the address that was
/// drawn at random and recorded, before the act by create_pair(), after it by obtain_pair(), must agree too.
Result<std::optional<Link>> own_host_end(const Call&, Netlink& host);

/// Makes the pair with one RTM_NEWLINK: the host end named, enslaved to `bridge` (if any) and up, its peer named inside the namespace.
/// Records "host_mac" and "host_name" before it. Returns the host end.
Result<Link> create_pair(Call&, const Nic&, Netlink& host, const VethSettings&, const std::optional<Link>& link);

/// The host end of a pair that was made by the restore of a checkpoint and not by create_pair(): core has recorded its name alone. No value when
/// there is none, or it is not the other end of a device in that namespace. Makes it what create_pair() makes of its own: address, bridge, mtu, up.
Result<std::optional<Link>> adopt_restored_pair(Call&, Netlink& host, Netlink& inside, const VethSettings&, const std::optional<Link>& link);

/// The container's end of `host_end`, if that namespace holds it.
Result<std::optional<Link>> peer_inside(Netlink& inside, const Link& host_end);

}  // namespace lxcx::net
