// SPDX-License-Identifier: Apache-2.0
// Addresses as lxc.net.N spells them. Pure; an error is of code config and says what is wrong with the text, not where it stood.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lxcx/result.hpp"

namespace lxcx::net {

using Mac = std::array<std::uint8_t, 6>;

enum class Family {
  ipv4,
  ipv6
};
int address_family(Family family);  ///< AF_INET, AF_INET6
constexpr unsigned max_prefix(Family family) { return family == Family::ipv4 ? 32 : 128; }

struct IpAddress {
  Family family = Family::ipv4;
  std::array<std::uint8_t, 16> bytes{};  ///< network order; an IPv4 address uses the first four
  std::size_t size() const { return family == Family::ipv4 ? 4 : 16; }
  std::string text() const;
  bool is_unspecified() const;
  bool is_multicast() const;
  bool is_link_local() const;  ///< 169.254.0.0/16, fe80::/10
  bool operator==(const IpAddress&) const = default;
};

/// An address with the length of its network's prefix.
struct Subnet {
  IpAddress ip;
  unsigned prefix = 0;
  bool contains(const IpAddress& other) const;
  std::string text() const;
};

/// An address of a device; `broadcast` is for IPv4 alone, and absent at /31 and /32 (RFC 3021).
struct InterfaceAddress {
  Subnet subnet;
  std::optional<IpAddress> broadcast;
};

Result<IpAddress> parse_ip(Family family, std::string_view text);
/// "ADDRESS[/PREFIX]", for IPv4 also " BROADCAST". Without a prefix: the class's for IPv4 (as LXC has it), 64 for IPv6.
Result<InterfaceAddress> parse_interface_address(Family family, std::string_view text);
/// "NETWORK/PREFIX" with all bits behind the prefix zero, which is what the kernel takes as a route's destination.
Result<Subnet> parse_route(Family family, std::string_view text);

/// "aa:bb:cc:dd:ee:ff", where x or X stands for any digit. Refuses group addresses and all zeros.
Result<void> check_mac_template(std::string_view text);
/// Whether `mac` is what filling in `pattern` may give.
bool matches_template(std::string_view mac, std::string_view pattern);
/// A MAC without x. Errors: config.
Result<Mac> parse_mac(std::string_view text);
std::string to_text(const Mac& mac);

}  // namespace lxcx::net
