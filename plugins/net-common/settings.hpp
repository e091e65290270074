// SPDX-License-Identifier: Apache-2.0
// The sub-keys of lxc.net.N that every type with a device shares.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/network.hpp"
#include "net-common/address.hpp"
#include "net-common/link.hpp"
#include "net-common/netlink.hpp"

namespace lxcx::net {

struct Gateway {
  enum class Kind {
    none,
    automatic,
    device,
    address
  };
  Kind kind = Kind::none;
  std::optional<IpAddress> ip;  ///< of an address, and of `automatic` once resolved
};

struct DeviceSettings {
  std::string link;
  std::string name;    ///< inside; empty: the first free ethN
  std::string hwaddr;  ///< may hold x for random digits; empty: the kernel's choice
  unsigned mtu = 0;    ///< 0: the link's
  bool up = false;
  bool l2proxy = false;
  std::vector<InterfaceAddress> addresses;  ///< IPv4 first, each family in the order written
  Gateway ipv4_gateway, ipv6_gateway;
  bool has(Family family) const;
};

/// "lxc.net.0.mtu", for messages.
std::string key_of(const Nic& nic, std::string_view sub_key);
/// Puts the key in front of an error about its value.
template <class T>
Result<T> of_key(const Nic& nic, std::string_view sub_key, Result<T> result) {
  if (!result) result.error().message = key_of(nic, sub_key) + ": " + result.error().message;
  return result;
}
/// A whole number in [low, high]; `fallback` when the key is not set. Errors: config.
Result<unsigned> read_number(const Call&, const Nic&, std::string_view sub_key, unsigned low, unsigned high, unsigned fallback);
/// All values of a key that may stand several times, without empty ones.
std::vector<std::string> read_all(const Call&, std::string_view sub_key);

/// Whether `flags` asks for the device to be up. Errors: config, when it says anything else.
Result<bool> read_up(const Call&, const Nic&);

/// Reads and checks the text of all shared keys, and how they fit together; looks at no device. Errors: config.
Result<DeviceSettings> read_device_settings(const Call&, const Nic&);

/// Refuses any sub-key that LXC has and this type does not accept; `accepted` are the type's own beside the shared ones. Core knows of a
/// manifest's settings; this guards a plugin that is called without one. Errors: config.
Result<void> refuse_foreign_keys(const Call&, const Nic&, std::string_view accepted_prefix);

/// The address for `hwaddr`, its x filled in and kept: the same on every call for one container. Records "hwaddr"; none when not set.
Result<std::optional<Mac>> choose_mac(Call&, const DeviceSettings&);

/// Turns a gateway of `auto` into the link's address. Errors: config when the link has none.
Result<void> resolve_gateways(Netlink& host, const Nic&, const Link& link, DeviceSettings&);

}  // namespace lxcx::net
