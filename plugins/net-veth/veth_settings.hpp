// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net-common/settings.hpp"

namespace lxcx::net {

enum class VethMode {
  bridge,
  router
};

/// VLANs of the bridge's port; unset: whatever the bridge gives a new port.
struct Vlans {
  bool is_set = false;
  unsigned own = 0;  ///< veth.vlan.id; 0: `none`, or only tagged ones are set
  bool drops_default = false;
  std::set<unsigned> tagged;
};

struct VethSettings {
  DeviceSettings device;
  VethMode mode = VethMode::bridge;
  std::string pair;       ///< the host end's name; empty: a random one
  unsigned rx_queues = 0, tx_queues = 0;  ///< 0: the kernel's default
  std::vector<Subnet> routes;  ///< on the host, to the container
  Vlans vlans;
};

/// Reads and checks the text of all keys; looks at no device. Errors: config.
Result<VethSettings> read_veth_settings(const Call&, const Nic&);

}  // namespace lxcx::net
