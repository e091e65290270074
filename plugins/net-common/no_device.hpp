// SPDX-License-Identifier: Apache-2.0
// For the types that make no device: what a configuration says about one has nobody to listen. LXC accepts it silently.
#pragma once
#include <array>
#include <string>

#include "lxcx/network.hpp"

namespace lxcx::net {

/// Says of each set key that only a device would heed that it has no effect.
inline void warn_of_idle_keys(Call& call, const Nic& nic) {
  constexpr std::array<std::string_view, 9> keys{"name",         "link",         "hwaddr",       "mtu",         "l2proxy",
                                                 "ipv4.address", "ipv4.gateway", "ipv6.address", "ipv6.gateway"};
  for (const std::string_view key : keys)
    if (const std::string_view value = call.setting(key); !value.empty() && !(key == "name" && value == "lo"))
      call.log(LXCX_WARN, "lxc.net." + std::to_string(nic.index) + "." + std::string(key) + " has no effect: the type " + std::string(nic.type) +
                              " makes no device");
}

}  // namespace lxcx::net
