// SPDX-License-Identifier: Apache-2.0
#include "net-veth/veth_settings.hpp"

#include <charconv>

namespace lxcx::net {
namespace {

constexpr unsigned most_queues = 4096;  // rtnl_create_link() in the kernel's net/core/rtnetlink.c
constexpr unsigned last_vlan = 4094;    // IEEE 802.1Q; 0 and 4095 are reserved

Result<VethMode> read_mode(const Call& call, const Nic& nic) {
  const std::string_view mode = call.setting("veth.mode", "bridge");
  if (mode.empty() || mode == "bridge") return VethMode::bridge;
  if (mode == "router") return VethMode::router;
  return fail(Code::config, key_of(nic, "veth.mode") + ": '" + std::string(mode) + "' is no mode of veth", "write bridge or router");
}

Result<void> read_routes(const Call& call, const Nic& nic, Family family, VethSettings& settings) {
  const std::string key = family == Family::ipv4 ? "veth.ipv4.route" : "veth.ipv6.route";
  for (const std::string& text : read_all(call, key)) {
    LXCX_TRY(route, of_key(nic, key, parse_route(family, text)));
    settings.routes.push_back(route);
  }
  return {};
}

Result<unsigned> parse_vlan(const Nic& nic, std::string_view key, std::string_view text) {
  unsigned vlan = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), vlan);
  if (error == std::errc{} && end == text.data() + text.size() && vlan >= 1 && vlan <= last_vlan) return vlan;
  return fail(Code::config, key_of(nic, key) + ": '" + std::string(text) + "' is no VLAN", "write a number from 1 to 4094 (802.1Q keeps 0 and 4095)");
}

Result<void> read_vlans(const Call& call, const Nic& nic, VethSettings& settings) {
  Vlans& vlans = settings.vlans;
  const std::string_view own = call.setting("veth.vlan.id");
  if (!own.empty() && own != "none") {
    LXCX_TRY(vlan, parse_vlan(nic, "veth.vlan.id", own));
    vlans.own = vlan;
  }
  vlans.drops_default = !own.empty();
  for (const std::string& text : read_all(call, "veth.vlan.tagged.id")) {
    LXCX_TRY(vlan, parse_vlan(nic, "veth.vlan.tagged.id", text));
    if (vlan == vlans.own)
      return fail(Code::config, key_of(nic, "veth.vlan.tagged.id") + ": " + text + " is the untagged VLAN (veth.vlan.id) too", "keep one of the two");
    vlans.tagged.insert(vlan);
  }
  vlans.is_set = !own.empty() || !vlans.tagged.empty();
  if (vlans.is_set && (settings.mode != VethMode::bridge || settings.device.link.empty()))
    return fail(Code::config, key_of(nic, own.empty() ? "veth.vlan.tagged.id" : "veth.vlan.id") + ": only a port of a bridge has VLANs",
                "set " + key_of(nic, "link") + " to a bridge, with " + key_of(nic, "veth.mode") + " = bridge");
  return {};
}

}  // namespace

Result<VethSettings> read_veth_settings(const Call& call, const Nic& nic) {
  LXCX_CHECK(refuse_foreign_keys(call, nic, "veth."));
  VethSettings settings;
  LXCX_TRY(device, read_device_settings(call, nic));
  settings.device = std::move(device);
  LXCX_TRY(mode, read_mode(call, nic));
  settings.mode = mode;
  settings.pair = call.setting("veth.pair");
  if (!settings.pair.empty()) LXCX_CHECK(of_key(nic, "veth.pair", check_device_name(settings.pair)));
  LXCX_TRY(rx_queues, read_number(call, nic, "veth.n_rxqueues", 1, most_queues, 0));
  LXCX_TRY(tx_queues, read_number(call, nic, "veth.n_txqueues", 1, most_queues, 0));
  settings.rx_queues = rx_queues;
  settings.tx_queues = tx_queues;
  LXCX_CHECK(read_routes(call, nic, Family::ipv4, settings));
  LXCX_CHECK(read_routes(call, nic, Family::ipv6, settings));
  LXCX_CHECK(read_vlans(call, nic, settings));
  return settings;
}

}  // namespace lxcx::net
