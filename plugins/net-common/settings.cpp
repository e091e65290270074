// SPDX-License-Identifier: Apache-2.0
#include "net-common/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "net-common/random.hpp"
#include "net-common/route.hpp"

namespace lxcx::net {
namespace {

constexpr unsigned least_mtu = 68;             // RFC 791; the kernel's ETH_MIN_MTU
constexpr unsigned greatest_mtu = 65535;       // ETH_MAX_MTU
constexpr unsigned least_ipv6_mtu = 1280;      // RFC 8200, section 5

std::string_view text_of(Family family) { return family == Family::ipv4 ? "ipv4" : "ipv6"; }

Result<void> read_addresses(const Call& call, const Nic& nic, Family family, DeviceSettings& settings) {
  const std::string key = std::string(text_of(family)) + ".address";
  for (const std::string& text : read_all(call, key)) {
    LXCX_TRY(address, of_key(nic, key, parse_interface_address(family, text)));
    settings.addresses.push_back(address);
  }
  return {};
}

Result<Gateway> read_gateway(const Call& call, const Nic& nic, Family family, const DeviceSettings& settings) {
  const std::string key = std::string(text_of(family)) + ".gateway";
  const std::string_view text = call.setting(key);
  if (text.empty()) return Gateway{};
  const auto refuse = [&](const std::string& message, std::string hint) {
    return fail(Code::config, key_of(nic, key) + ": " + message, std::move(hint));
  };
  Gateway gateway;
  if (text == "auto") {
    gateway.kind = Gateway::Kind::automatic;
    if (settings.link.empty()) return refuse("auto takes the address of the link, and there is none", "set " + key_of(nic, "link"));
  } else if (text == "dev") {
    gateway.kind = Gateway::Kind::device;
  } else {
    gateway.kind = Gateway::Kind::address;
    LXCX_TRY(ip, of_key(nic, key, parse_ip(family, text)));
    if (ip.is_unspecified() || ip.is_multicast()) return refuse("'" + ip.text() + "' cannot be a gateway", "give a router's address, auto or dev");
    gateway.ip = ip;
  }
  if (!settings.up) return refuse("a route needs a device that is up", "set " + key_of(nic, "flags") + " = up");
  // A link-local gateway is reached by the link-local address that every IPv6 device has.
  const bool is_reachable_anyway = family == Family::ipv6 && gateway.ip && gateway.ip->is_link_local();
  if (!settings.has(family) && !is_reachable_anyway)
    return refuse("the device has no " + std::string(text_of(family)) + " address", "set " + key_of(nic, std::string(text_of(family)) + ".address"));
  for (const InterfaceAddress& own : settings.addresses)
    if (gateway.ip == own.subnet.ip) return refuse("'" + own.subnet.ip.text() + "' is the container's own address", "give the router's address");
  return gateway;
}

Result<void> resolve(Netlink& host, const Nic& nic, const Link& link, Family family, Gateway& gateway) {
  if (gateway.kind != Gateway::Kind::automatic) return {};
  LXCX_TRY(ip, primary_address(host, link, family));
  const std::string key = std::string(text_of(family)) + ".gateway";
  if (!ip)
    return fail(Code::config,
                key_of(nic, key) + ": auto takes the address of '" + link.name + "', which has no " + std::string(text_of(family)) + " address",
                "give the link one, or write the gateway's address");
  gateway.ip = ip;
  return {};
}

}  // namespace

bool DeviceSettings::has(Family family) const {
  return std::ranges::any_of(addresses, [&](const InterfaceAddress& address) { return address.subnet.ip.family == family; });
}

std::string key_of(const Nic& nic, std::string_view sub_key) { return "lxc.net." + std::to_string(nic.index) + "." + std::string(sub_key); }

Result<unsigned> read_number(const Call& call, const Nic& nic, std::string_view sub_key, unsigned low, unsigned high, unsigned fallback) {
  const std::string_view text = call.setting(sub_key);
  if (text.empty()) return fallback;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size() && value >= low && value <= high) return value;
  return fail(Code::config,
              key_of(nic, sub_key) + ": '" + std::string(text) + "' is no number from " + std::to_string(low) + " to " + std::to_string(high),
              "write a whole number, or leave the key out");
}

std::vector<std::string> read_all(const Call& call, std::string_view sub_key) {
  std::vector<std::string> all = call.settings(sub_key);
  std::erase_if(all, [](const std::string& text) { return text.empty(); });
  return all;
}

Result<bool> read_up(const Call& call, const Nic& nic) {
  const std::string_view flags = call.setting("flags");
  if (flags.empty()) return false;
  if (flags == "up") return true;
  return fail(Code::config, key_of(nic, "flags") + ": '" + std::string(flags) + "' is no flag",
              "write up, or leave the key out for a device that stays down");
}

Result<DeviceSettings> read_device_settings(const Call& call, const Nic& nic) {
  DeviceSettings settings;
  settings.link = call.setting("link");
  settings.name = call.setting("name");
  settings.hwaddr = call.setting("hwaddr");
  if (!settings.name.empty()) LXCX_CHECK(of_key(nic, "name", check_device_name(settings.name)));
  if (!settings.hwaddr.empty()) LXCX_CHECK(of_key(nic, "hwaddr", check_mac_template(settings.hwaddr)));
  LXCX_TRY(mtu, read_number(call, nic, "mtu", least_mtu, greatest_mtu, 0));
  settings.mtu = mtu;
  LXCX_TRY(up, read_up(call, nic));
  settings.up = up;
  LXCX_TRY(l2proxy, read_number(call, nic, "l2proxy", 0, 1, 0));
  settings.l2proxy = l2proxy == 1;
  LXCX_CHECK(read_addresses(call, nic, Family::ipv4, settings));
  LXCX_CHECK(read_addresses(call, nic, Family::ipv6, settings));
  LXCX_TRY(ipv4_gateway, read_gateway(call, nic, Family::ipv4, settings));
  LXCX_TRY(ipv6_gateway, read_gateway(call, nic, Family::ipv6, settings));
  settings.ipv4_gateway = ipv4_gateway;
  settings.ipv6_gateway = ipv6_gateway;
  if (settings.mtu != 0 && settings.mtu < least_ipv6_mtu && settings.has(Family::ipv6))
    return fail(Code::config, key_of(nic, "mtu") + ": IPv6 needs at least 1280, and the device has an IPv6 address",
                "raise the mtu or drop the address");
  return settings;
}

Result<void> refuse_foreign_keys(const Call& call, const Nic& nic, std::string_view accepted_prefix) {
  constexpr std::array<std::string_view, 12> special{"veth.pair",       "veth.mode",       "veth.n_rxqueues",  "veth.n_txqueues",
                                                     "veth.ipv4.route", "veth.ipv6.route", "veth.vlan.id",     "veth.vlan.tagged.id",
                                                     "macvlan.mode",    "ipvlan.mode",     "ipvlan.isolation", "vlan.id"};
  for (const std::string_view key : special)
    if (!key.starts_with(accepted_prefix) && call.has_setting(key))
      return fail(Code::config, key_of(nic, key) + ": a device of type " + std::string(nic.type) + " has no such key",
                  "drop it, or set " + key_of(nic, "type") + " to the type that has it");
  return {};
}

Result<std::optional<Mac>> choose_mac(Call& call, const DeviceSettings& settings) {
  if (settings.hwaddr.empty()) return std::nullopt;
  const std::string_view kept = call.recall("hwaddr");
  if (matches_template(kept, settings.hwaddr)) return parse_mac(kept);
  const Mac mac = fill_mac(settings.hwaddr);
  if (const Result<Mac> literal = parse_mac(settings.hwaddr); literal) return mac;
  LXCX_CHECK(call.record("hwaddr", to_text(mac)));
  return mac;
}

Result<void> resolve_gateways(Netlink& host, const Nic& nic, const Link& link, DeviceSettings& settings) {
  LXCX_CHECK(resolve(host, nic, link, Family::ipv4, settings.ipv4_gateway));
  return resolve(host, nic, link, Family::ipv6, settings.ipv6_gateway);
}

}  // namespace lxcx::net
