// SPDX-License-Identifier: Apache-2.0
// A pair of virtual Ethernet devices (veth(4)): one end in the container, the other a port of a bridge, or routed.
#include "lxcx/plugin.hpp"
#include "net-common/bridge.hpp"
#include "net-common/inside.hpp"
#include "net-common/l2proxy.hpp"
#include "net-common/route.hpp"
#include "net-veth/ordinary.hpp"
#include "net-veth/pair.hpp"
#include "net-veth/router.hpp"

namespace {

using namespace lxcx;
using namespace lxcx::net;

/// The link of a veth may be unset: then the host end is left to whoever wants it, a script for instance.
Result<std::optional<Link>> find_settings_link(Netlink& host, const Nic& nic, const VethSettings& settings) {
  const std::string& name = settings.device.link;
  if (name.empty()) return std::nullopt;
  LXCX_TRY(link, find_link(host, name));
  const bool wants_bridge = settings.mode == VethMode::bridge;
  if (!link)
    return fail(Code::not_found, key_of(nic, "link") + (wants_bridge ? ": no bridge '" : ": no device '") + name + "' on this host",
                wants_bridge
                    ? "make it (ip link add name " + name + " type bridge && ip link set " + name + " up), or name another: ip link show type bridge"
                    : "name another: ip link show");
  if (!wants_bridge || link->kind == "bridge") return link;
  if (link->kind == "openvswitch")
    return fail(Code::unsupported, key_of(nic, "link") + ": '" + name + "' is an Open vSwitch bridge, which this plugin does not serve",
                "use a bridge of the kernel, or leave the link out and add the port in " + key_of(nic, "script.up"));
  return fail(Code::config, key_of(nic, "link") + ": '" + name + "' is no bridge" + (link->kind.empty() ? "" : " but a " + link->kind + " device"),
              "name a bridge (ip link show type bridge), set " + key_of(nic, "veth.mode") + " = router, or use the type macvlan on it");
}

Result<void> check_vlan_filtering(const Nic& nic, const VethSettings& settings, const std::optional<Link>& link) {
  if (!settings.vlans.is_set || !link || link->filters_vlans) return {};
  return fail(Code::config, key_of(nic, "veth.vlan.id") + ": the bridge '" + link->name + "' does not look at VLANs",
              "ip link set " + link->name + " type bridge vlan_filtering 1");
}

Result<void> check_pair_name(const Call& call, const Nic& nic, Netlink& host, const VethSettings& settings) {
  if (settings.pair.empty()) return {};
  LXCX_TRY(taken, find_link(host, settings.pair));
  if (!taken) return {};
  // Of a pair that a restore made, core has recorded the name alone: connect looks at whether it is that pair.
  if (call.recall("host_name") == settings.pair && call.recall("host_mac").empty()) return {};
  LXCX_TRY(own, own_host_end(call, host));
  LXCX_TRY(ending, peer_is_ending(host, *taken));
  if (ending || (own && own->index == taken->index)) return {};
  return fail(Code::busy, key_of(nic, "veth.pair") + ": a device '" + settings.pair + "' is on this host already",
              "choose another name, or leave the key out for a random one");
}

struct Checked {
  VethSettings settings;
  std::optional<Link> link;
  bool by_service = false;  ///< for an ordinary user: lxcx-netd makes the pair
};

/// All that can be found wrong without touching anything.
Result<Checked> check(Call& call, const Nic& nic, Netlink& host) {
  const bool by_service = !may_make_devices();
  LXCX_TRY(settings, read_veth_settings(call, nic));
  if (by_service) LXCX_CHECK(limit_to_ordinary(nic, settings));
  LXCX_TRY(link, find_settings_link(host, nic, settings));
  LXCX_CHECK(check_vlan_filtering(nic, settings, link));
  LXCX_CHECK(check_pair_name(call, nic, host, settings));
  if (link) LXCX_CHECK(resolve_gateways(host, nic, *link, settings.device));
  LXCX_CHECK(check_router(nic, settings));
  LXCX_CHECK(check_l2proxy(nic, settings.device));
  return Checked{std::move(settings), std::move(link), by_service};
}

Result<void> set_vlans(Netlink& host, const Link& host_end, const Vlans& vlans, unsigned default_vlan) {
  if (!vlans.is_set) return {};
  if (vlans.drops_default && default_vlan != 0 && default_vlan != vlans.own && !vlans.tagged.contains(default_vlan))
    LXCX_CHECK(leave_vlan(host, host_end, default_vlan));
  if (vlans.own != 0) LXCX_CHECK(join_vlan(host, host_end, vlans.own, Membership::untagged));
  for (const unsigned vlan : vlans.tagged) LXCX_CHECK(join_vlan(host, host_end, vlan, Membership::tagged));
  return set_up(host, host_end);
}

Result<Link> configure_pair(Call& call, const Nic& nic, Netlink& host, Netlink& inside, const Checked& checked, const Link& host_end) {
  const VethSettings& settings = checked.settings;
  LXCX_TRY(peer, peer_inside(inside, host_end));
  if (!peer) return fail(Code::not_found, "the peer of '" + host_end.name + "' is not in the container's network namespace");
  if (!checked.by_service) LXCX_CHECK(set_alias(host, host_end, "lxcx:" + std::string(nic.container) + ":" + std::to_string(nic.index)));
  LXCX_CHECK(set_vlans(host, host_end, settings.vlans, checked.link ? checked.link->default_vlan : 0));
  LXCX_CHECK(configure_inside(inside, *peer, settings.device));
  if (settings.mode == VethMode::router) LXCX_CHECK(set_up_router(host, host_end, settings));
  for (const Subnet& route : settings.routes) LXCX_CHECK(add_route(host, host_end, route));
  if (checked.link) LXCX_CHECK(connect_l2proxy(call, host, *checked.link, settings.device));
  return *std::move(peer);
}

/// A pair whose namespace is ending needs no help: the kernel removes it within milliseconds, and asking it to would make the caller wait for
/// the same RCU grace periods, 16 ms. A namespace that somebody else still holds does not end: that pair is deleted.
Result<void> remove_host_end(const Call& call, Netlink& host, const Link& host_end) {
  LXCX_TRY(ending, peer_is_ending(host, host_end));
  if (ending) return {};
  return may_make_devices() ? delete_link(host, host_end.index, host_end.name) : give_back(call, host_end);
}

Result<void> remove_pair(Call& call, Netlink& host) {
  LXCX_CHECK(disconnect_l2proxy(call, host));
  if (is_free_name(std::string(call.recall("host_name")))) return {};
  LXCX_TRY(host_end, own_host_end(call, host));
  if (!host_end) return {};
  return remove_host_end(call, host, *host_end);
}

class Veth : public Network, public CountsTraffic {
 public:
  Result<void> validate(Call& call, const Nic& nic) override {
    LXCX_TRY(host, Netlink::open());
    LXCX_TRY(checked, check(call, nic, host));
    if (!checked.by_service) return {};
    if (call.has_setting("veth.pair"))
      call.log(LXCX_WARN, key_of(nic, "veth.pair") + " has no effect: lxcx-netd names the devices of ordinary users");
    return ask_whether_allowed(call, nic, checked.settings);
  }

  Result<void> connect(Call& call, const Nic& nic) override {
    LXCX_TRY(host, Netlink::open());
    LXCX_TRY(checked, check(call, nic, host));
    LXCX_TRY(inside, Netlink::open_in(nic.netns_fd));
    LXCX_TRY(host_end, host_end_for(call, nic, host, inside, checked));
    Result<Link> peer = configure_pair(call, nic, host, inside, checked, host_end);
    if (!peer) {
      if (const Result<void> gone = remove_pair(call, host); !gone)
        call.log(LXCX_WARN, "veth '" + host_end.name + "' could not be removed after a failure: " + gone.error().message);
      return std::unexpected(std::move(peer).error());
    }
    call.result("name", peer->name);
    call.result("host_name", host_end.name);
    if (checked.link) call.result("link", checked.link->name);
    return {};
  }

  Result<void> disconnect(Call& call, const Nic&) override {
    LXCX_TRY(host, Netlink::open());
    return remove_pair(call, host);
  }

  Result<NicStatistics> statistics(Call& call, const Nic&) override {
    LXCX_TRY(host, Netlink::open());
    LXCX_TRY(host_end, own_host_end(call, host));
    if (!host_end) return fail(Code::not_found, "the host end of the device is not there");
    return NicStatistics{.rx_bytes = host_end->tx_bytes, .tx_bytes = host_end->rx_bytes};
  }

 private:
  /// The pair of an earlier connect into this very namespace, else a new one; a pair left over from another namespace is removed first.
  static Result<Link> host_end_for(Call& call, const Nic& nic, Netlink& host, Netlink& inside, const Checked& checked) {
    LXCX_TRY(restored, adopt_restored_pair(call, host, inside, checked.settings, checked.link));
    if (restored) return *std::move(restored);
    LXCX_TRY(own, own_host_end(call, host));
    if (own) {
      LXCX_TRY(peer, peer_inside(inside, *own));
      if (peer) return *std::move(own);
      LXCX_CHECK(remove_host_end(call, host, *own));
    }
    return checked.by_service ? obtain_pair(call, nic, host, inside, checked.settings) : create_pair(call, nic, host, checked.settings, checked.link);
  }
};

}  // namespace

LXCX_PLUGIN(network, Veth, "veth", LXCX_PLUGIN_VERSION, "A pair of virtual Ethernet devices: one end inside, the other on a bridge or routed",
            "Apache-2.0");
