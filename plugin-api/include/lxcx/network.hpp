// SPDX-License-Identifier: Apache-2.0
// A network type as its author, and as core, sees it.
#pragma once
#include "lxcx/call.hpp"

namespace lxcx {

/// One lxc.net.N of a container. Its sub-keys are read with Call::setting("link"), ("hwaddr"), ("ipv4.address"), ….
struct Nic {
  std::string_view container;
  std::string_view type;  ///< the plugin's name
  std::uint32_t index = 0;
  /// The container's network namespace; the caller's to close. -1 in validate, and in disconnect when the namespace is gone.
  int netns_fd = -1;
};

struct NicStatistics {
  std::uint64_t rx_bytes = 0, tx_bytes = 0;  ///< as the container counts them
};

/// Capability: traffic counters.
class CountsTraffic {
 public:
  virtual ~CountsTraffic() = default;
  virtual Result<NicStatistics> statistics(Call&, const Nic&) = 0;
};

/// How a container reaches the network. Called validate -> connect -> disconnect; each is idempotent. A plugin whose manifest declares the
/// capability "host-namespace" asks for no network namespace at all; "no-device" says that it makes none.
class Network {
 public:
  virtual ~Network() = default;
  /// Refuses what cannot work, before anything is touched: a missing link, a malformed address, an unknown mode. [N-1]
  virtual Result<void> validate(Call&, const Nic&) = 0;
  /// Makes the device appear in the namespace, named, addressed and up as the settings say. Emits "name" (inside) and, where there is one,
  /// "host_name" and "link". Leaves the calling thread in the namespace it came in. [N-2]
  virtual Result<void> connect(Call&, const Nic&) = 0;
  /// Takes everything back that connect made; the namespace may be gone. [N-3]
  virtual Result<void> disconnect(Call&, const Nic&) = 0;
};

}  // namespace lxcx
