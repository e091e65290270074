// SPDX-License-Identifier: Apache-2.0
// What the settings ask of Landlock, as data; checked against what the kernel can do before anything is made.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lxcx/call.hpp"

namespace lxcx::landlock {

/// The port allow-lists are meant only where their right is handled.
struct PayloadFence {
  std::uint64_t scoped = 0;       ///< LANDLOCK_SCOPE_*
  std::uint64_t handled_net = 0;  ///< LANDLOCK_ACCESS_NET_*
  std::vector<std::uint16_t> bind_ports, connect_ports;
  bool is_wanted() const { return scoped != 0 || handled_net != 0; }
};

struct MonitorFence {
  bool is_wanted = false;
  std::vector<std::string> write;  ///< from the settings; must exist
};

struct Fences {
  PayloadFence payload;
  MonitorFence monitor;
  bool is_wanted() const { return payload.is_wanted() || monitor.is_wanted; }
};

/// Errors: config, with the key and the word.
Result<Fences> read_fences(const Call& call);

/// `abi` is the kernel's Landlock ABI, 0 for none. Errors: unsupported, naming the key and both ABI numbers.
Result<void> check_abi(const Fences& fences, int abi);

}  // namespace lxcx::landlock
