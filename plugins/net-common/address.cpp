// SPDX-License-Identifier: Apache-2.0
#include "net-common/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace lxcx::net {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

Result<unsigned> parse_prefix(Family family, std::string_view text) {
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), prefix);
  if (error != std::errc{} || end != text.data() + text.size() || prefix > max_prefix(family))
    return fail(Code::config, quoted(text) + " is no prefix length", "it is a number from 0 to " + std::to_string(max_prefix(family)));
  return prefix;
}

/// The prefix of an address's class, for addresses written without one.
unsigned class_prefix(const IpAddress& ip) {
  if (ip.bytes[0] < 128) return 8;
  return ip.bytes[0] < 192 ? 16 : 24;
}

/// Bit `index` of the prefix mask's byte `byte`.
std::uint8_t mask_byte(unsigned prefix, std::size_t byte) {
  const unsigned before = static_cast<unsigned>(byte) * 8;
  if (prefix >= before + 8) return 0xff;
  return prefix <= before ? std::uint8_t{0} : static_cast<std::uint8_t>(0xff00u >> (prefix - before));
}

IpAddress broadcast_of(const Subnet& subnet) {
  IpAddress broadcast = subnet.ip;
  for (std::size_t i = 0; i < broadcast.size(); ++i)
    broadcast.bytes[i] = static_cast<std::uint8_t>(broadcast.bytes[i] | static_cast<std::uint8_t>(~mask_byte(subnet.prefix, i)));
  return broadcast;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}
bool is_wildcard(char c) { return c == 'x' || c == 'X'; }

constexpr const char* mac_hint = "write six pairs of hex digits, as in 00:16:3e:12:34:56; x stands for a random digit";

}  // namespace

int address_family(Family family) { return family == Family::ipv4 ? AF_INET : AF_INET6; }

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  return ::inet_ntop(address_family(family), bytes.data(), buffer.data(), buffer.size()) ? buffer.data() : "?";
}
bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}
bool IpAddress::is_multicast() const { return family == Family::ipv4 ? (bytes[0] & 0xf0) == 0xe0 : bytes[0] == 0xff; }
bool IpAddress::is_link_local() const {
  return family == Family::ipv4 ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

bool Subnet::contains(const IpAddress& other) const {
  if (other.family != ip.family) return false;
  for (std::size_t i = 0; i < ip.size(); ++i)
    if ((ip.bytes[i] ^ other.bytes[i]) & mask_byte(prefix, i)) return false;
  return true;
}
std::string Subnet::text() const { return ip.text() + "/" + std::to_string(prefix); }

Result<IpAddress> parse_ip(Family family, std::string_view text) {
  IpAddress ip{family, {}};
  const std::string terminated(text);
  if (terminated.size() == std::strlen(terminated.c_str()) && ::inet_pton(address_family(family), terminated.c_str(), ip.bytes.data()) == 1)
    return ip;
  const bool is_v4 = family == Family::ipv4;
  return fail(Code::config, quoted(text) + (is_v4 ? " is no IPv4 address" : " is no IPv6 address"),
              is_v4 ? "write it as in 10.0.3.20" : "write it as in fd00:3::20");
}

Result<InterfaceAddress> parse_interface_address(Family family, std::string_view text) {
  const std::size_t blank = text.find_first_of(" \t");
  const std::string_view main = text.substr(0, blank);
  const std::size_t slash = main.find('/');
  InterfaceAddress address;
  LXCX_TRY(ip, parse_ip(family, main.substr(0, slash)));
  if (ip.is_unspecified() || ip.is_multicast()) return fail(Code::config, quoted(main) + " cannot be the address of a device");
  address.subnet = {ip, family == Family::ipv4 ? class_prefix(ip) : 64};
  if (slash != std::string_view::npos) {
    LXCX_TRY(prefix, parse_prefix(family, main.substr(slash + 1)));
    address.subnet.prefix = prefix;
  }
  if (blank != std::string_view::npos) {
    if (family == Family::ipv6) return fail(Code::config, quoted(text) + ": an IPv6 address has no broadcast address", "write ADDRESS/PREFIX alone");
    LXCX_TRY(broadcast, parse_ip(family, text.substr(std::min(text.find_first_not_of(" \t", blank), text.size()))));
    address.broadcast = broadcast;
  } else if (family == Family::ipv4 && address.subnet.prefix < 31) {
    address.broadcast = broadcast_of(address.subnet);
  }
  return address;
}

Result<Subnet> parse_route(Family family, std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos)
    return fail(Code::config, quoted(text) + " has no prefix length",
                "write NETWORK/PREFIX; a single host is /" + std::to_string(max_prefix(family)));
  LXCX_TRY(ip, parse_ip(family, text.substr(0, slash)));
  LXCX_TRY(prefix, parse_prefix(family, text.substr(slash + 1)));
  for (std::size_t i = 0; i < ip.size(); ++i)
    if (ip.bytes[i] & static_cast<std::uint8_t>(~mask_byte(prefix, i))) {
      Subnet network{ip, prefix};
      for (std::size_t k = 0; k < ip.size(); ++k) network.ip.bytes[k] &= mask_byte(prefix, k);
      return fail(Code::config, quoted(text) + " has bits set behind its prefix", "write " + network.text());
    }
  return Subnet{ip, prefix};
}

Result<void> check_mac_template(std::string_view text) {
  bool well_formed = text.size() == 17;
  for (std::size_t i = 0; well_formed && i < text.size(); ++i)
    well_formed = i % 3 == 2 ? text[i] == ':' : hex_digit(text[i]) >= 0 || is_wildcard(text[i]);
  if (!well_formed) return fail(Code::config, quoted(text) + " is no MAC address", mac_hint);
  if (!is_wildcard(text[1]) && (hex_digit(text[1]) & 1))
    return fail(Code::config, quoted(text) + " is a group (multicast) address, which no device can have", "make the second digit even");
  if (std::ranges::all_of(text, [](char c) { return c == '0' || c == ':'; }))
    return fail(Code::config, quoted(text) + " is the null address, which no device can have", mac_hint);
  return {};
}

bool matches_template(std::string_view mac, std::string_view pattern) {
  return std::ranges::equal(mac, pattern, [](char c, char p) { return is_wildcard(p) ? hex_digit(c) >= 0 : hex_digit(c) == hex_digit(p); });
}

Result<Mac> parse_mac(std::string_view text) {
  LXCX_CHECK(check_mac_template(text));
  if (std::ranges::any_of(text, is_wildcard)) return fail(Code::config, quoted(text) + " still has wildcards");
  Mac mac{};
  for (std::size_t i = 0; i < mac.size(); ++i) mac[i] = static_cast<std::uint8_t>(hex_digit(text[3 * i]) << 4 | hex_digit(text[3 * i + 1]));
  return mac;
}

std::string to_text(const Mac& mac) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : mac) {
    if (!text.empty()) text += ':';
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace lxcx::net
