// SPDX-License-Identifier: Apache-2.0
// A pair for a caller who may not make devices on the host: lxcx-netd makes it, and the caller, who may do everything inside, does the rest.
#pragma once
#include <optional>

#include "net-common/link.hpp"
#include "net-veth/veth_settings.hpp"

namespace lxcx::net {

/// Whether this process may make devices in the network namespace it is in: CAP_NET_ADMIN, in the user namespace that owns it or above
/// (network_namespaces(7)). The kernel shows the owner only to those below whom it is.
bool may_make_devices();

/// Refuses what changes the host beyond the pair, and leaves out the name of the host end, which is the service's to choose. Errors: denied.
Result<void> limit_to_ordinary(const Nic&, VethSettings&);
/// Whether the service is there, and would make the device. Errors: as ask_service().
Result<void> ask_whether_allowed(const Call&, const Nic&, const VethSettings&);

/// Has the pair made, then records "host_mac" and "host_name", which are the service's to choose (between the two nothing but the namespace knows of
/// the pair, and takes it along when it ends), and gives the inside end the name, address and mtu of the settings. Returns the host
/// end. On error the pair is removed again.
Result<Link> obtain_pair(Call&, const Nic&, Netlink& host, Netlink& inside, const VethSettings&);

/// Has the service delete the host end of a pair whose namespace stays.
Result<void> give_back(const Call&, const Link& host_end);

}  // namespace lxcx::net
