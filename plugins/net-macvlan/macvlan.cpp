// SPDX-License-Identifier: Apache-2.0
// A device with an address of its own on top of one of the host's: the container stands in the host's network beside it.
#include <linux/if_link.h>

#include <algorithm>
#include <array>

#include "lxcx/plugin.hpp"
#include "net-common/inside.hpp"
#include "net-common/l2proxy.hpp"
#include "net-common/random.hpp"

namespace {

using namespace lxcx;
using namespace lxcx::net;

struct Mode {
  std::string_view name;
  std::uint32_t value;
};
constexpr std::array modes{Mode{"private", MACVLAN_MODE_PRIVATE}, Mode{"vepa", MACVLAN_MODE_VEPA}, Mode{"bridge", MACVLAN_MODE_BRIDGE},
                           Mode{"passthru", MACVLAN_MODE_PASSTHRU}};

/// As the kernel draws one: locally administered, unicast.
constexpr std::string_view random_mac_pattern = "x2:xx:xx:xx:xx:xx";

struct Checked {
  DeviceSettings settings;
  Link link;
  std::uint32_t mode;
  bool is_passthru() const { return mode == MACVLAN_MODE_PASSTHRU; }
};

Result<std::uint32_t> read_mode(const Call& call, const Nic& nic) {
  const std::string_view text = call.setting("macvlan.mode");
  const std::string_view wanted = text.empty() ? "private" : text;
  const auto* found = std::ranges::find(modes, wanted, &Mode::name);
  if (found != modes.end()) return found->value;
  return fail(Code::config, key_of(nic, "macvlan.mode") + ": '" + std::string(text) + "' is no mode of macvlan",
              "write private, vepa, bridge or passthru");
}

/// Bridges and bonds take every packet of their ports, so that none would reach a macvlan (netdev_rx_handler_register() in the kernel).
Result<void> check_not_a_port(Netlink& host, const Nic& nic, const Link& link) {
  LXCX_TRY(master, find_link(host, link.master));
  constexpr std::array<std::string_view, 4> takers{"bridge", "bond", "team", "openvswitch"};
  if (!master || std::ranges::find(takers, master->kind) == takers.end()) return {};
  return fail(Code::config, key_of(nic, "link") + ": '" + link.name + "' is a port of the " + master->kind + " '" + master->name + "'",
              "name '" + master->name + "' as the link" + (master->kind == "bridge" ? ", or use the type veth on it" : ""));
}

Result<Link> find_settings_link(Netlink& host, const Nic& nic, const DeviceSettings& settings) {
  if (settings.link.empty())
    return fail(Code::config, key_of(nic, "link") + " is not set, and a macvlan device stands on a link", "name a device of this host: ip link show");
  LXCX_TRY(link, find_link(host, settings.link));
  if (!link) return fail(Code::not_found, key_of(nic, "link") + ": no device '" + settings.link + "' on this host", "name another: ip link show");
  if (link->is_loopback)
    return fail(Code::config, key_of(nic, "link") + ": a macvlan device cannot stand on the loopback device", "name another: ip link show");
  LXCX_CHECK(check_not_a_port(host, nic, *link));
  if (settings.mtu > link->mtu)
    return fail(
        Code::config,
        key_of(nic, "mtu") + ": " + std::to_string(settings.mtu) + " is more than the " + std::to_string(link->mtu) + " of '" + link->name + "'",
        "lower it, or raise the link's: ip link set " + link->name + " mtu " + std::to_string(settings.mtu));
  return *std::move(link);
}

Result<Checked> check(Call& call, const Nic& nic, Netlink& host) {
  LXCX_CHECK(refuse_foreign_keys(call, nic, "macvlan."));
  LXCX_TRY(settings, read_device_settings(call, nic));
  LXCX_TRY(mode, read_mode(call, nic));
  LXCX_TRY(link, find_settings_link(host, nic, settings));
  LXCX_CHECK(resolve_gateways(host, nic, link, settings));
  LXCX_CHECK(check_l2proxy(nic, settings));
  return Checked{std::move(settings), std::move(link), mode};
}

/// The device of an earlier connect, known by the hardware address recorded before it was made.
Result<std::optional<Link>> own_device(const Call& call, Netlink& inside) {
  const std::string_view mac = call.recall("mac");
  if (mac.empty()) return std::nullopt;
  LXCX_TRY(links, all_links(inside));
  const auto found = std::ranges::find_if(links, [&](const Link& link) { return link.kind == "macvlan" && to_text(link.mac) == mac; });
  return found == links.end() ? std::nullopt : std::optional<Link>(*found);
}

Result<void> request_device(const Nic& nic, Netlink& host, const Checked& checked, std::string_view name, const Mac& mac) {
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  message.header<ifinfomsg>();
  message.put(IFLA_IFNAME, name);
  message.put_u32(IFLA_LINK, checked.link.index);
  message.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(nic.netns_fd));
  if (!checked.is_passthru()) message.put_bytes(IFLA_ADDRESS, mac.data(), mac.size());
  if (checked.settings.mtu) message.put_u32(IFLA_MTU, checked.settings.mtu);
  {
    const Message::Nest details(message, IFLA_LINKINFO);
    message.put(IFLA_INFO_KIND, "macvlan");
    const Message::Nest data(message, IFLA_INFO_DATA);
    message.put_u32(IFLA_MACVLAN_MODE, checked.mode);
  }
  return host.request(message, "RTM_NEWLINK macvlan '" + std::string(name) + "' on '" + checked.link.name + "' in the container");
}

/// Before Linux 6.15 a name that the host has too is refused, although the device is to appear elsewhere (rtnetlink looked it up in the
/// namespace of the request); then it gets its name in the container.
Result<std::string> name_to_create(Netlink& host, const DeviceSettings& settings) {
  if (settings.name.empty()) return "eth%d";  // the kernel takes the first free number of the container's namespace
  LXCX_TRY(on_host, find_link(host, settings.name));
  return on_host ? random_name("mc") : settings.name;
}

Result<Link> create_device(Call& call, const Nic& nic, Netlink& host, Netlink& inside, const Checked& checked) {
  LXCX_TRY(wanted, choose_mac(call, checked.settings));
  // A passthru device takes over its link's address.
  const Mac mac = checked.is_passthru() ? checked.link.mac : wanted.value_or(fill_mac(random_mac_pattern));
  LXCX_CHECK(call.record("mac", to_text(mac)));
  LXCX_TRY(name, name_to_create(host, checked.settings));
  Result<void> made = request_device(nic, host, checked, name, mac);
  if (!made && made.error().sys_errno == EEXIST) {
    made.error().code = Code::busy;
    made.error().hint = "the container has a device '" + checked.settings.name + "' already: choose another " + key_of(nic, "name");
  }
  if (!made) return std::unexpected(std::move(made).error());
  LXCX_TRY(device, own_device(call, inside));
  if (!device) return fail(Code::not_found, "macvlan '" + name + "' has vanished right after it was made");
  return *std::move(device);
}

Result<Link> configure_device(Call& call, Netlink& host, Netlink& inside, const Checked& checked, Link device) {
  const DeviceSettings& settings = checked.settings;
  if (!settings.name.empty() && device.name != settings.name) {
    LXCX_CHECK(rename_link(inside, device, settings.name));
    device.name = settings.name;
  }
  LXCX_TRY(wanted, choose_mac(call, settings));
  if (wanted && *wanted != device.mac) {
    LXCX_CHECK(call.record("mac", to_text(*wanted)));
    LXCX_CHECK(set_mac(inside, device, *wanted));
  }
  LXCX_CHECK(configure_inside(inside, device, settings));
  LXCX_CHECK(connect_l2proxy(call, host, checked.link, settings));
  return device;
}

class Macvlan : public Network, public CountsTraffic {
 public:
  Result<void> validate(Call& call, const Nic& nic) override {
    LXCX_TRY(host, Netlink::open());
    LXCX_CHECK(check(call, nic, host));
    return {};
  }

  Result<void> connect(Call& call, const Nic& nic) override {
    LXCX_TRY(host, Netlink::open());
    LXCX_TRY(checked, check(call, nic, host));
    LXCX_TRY(inside, Netlink::open_in(nic.netns_fd));
    LXCX_TRY(device, own_device(call, inside));
    if (!device) {
      LXCX_TRY(made, create_device(call, nic, host, inside, checked));
      device = std::move(made);
    }
    const Result<Link> configured = configure_device(call, host, inside, checked, *device);
    if (!configured) {
      const Result<void> unproxied = disconnect_l2proxy(call, host);
      const Result<void> gone = delete_link(inside, device->index, device->name);
      for (const Result<void>& undone : {unproxied, gone})
        if (!undone) call.log(LXCX_WARN, "taking macvlan '" + device->name + "' back after a failure: " + undone.error().message);
      return std::unexpected(configured.error());
    }
    call.result("name", configured->name);
    call.result("link", checked.link.name);
    return {};
  }

  /// With its namespace the device is gone too.
  Result<void> disconnect(Call& call, const Nic& nic) override {
    LXCX_TRY(host, Netlink::open());
    LXCX_CHECK(disconnect_l2proxy(call, host));
    if (nic.netns_fd < 0) return {};
    LXCX_TRY(inside, Netlink::open_in(nic.netns_fd));
    LXCX_TRY(device, own_device(call, inside));
    if (!device) return {};
    return delete_link(inside, device->index, device->name);
  }

  Result<NicStatistics> statistics(Call& call, const Nic& nic) override {
    if (nic.netns_fd < 0) return fail(Code::not_running, "the container's network namespace is gone");
    LXCX_TRY(inside, Netlink::open_in(nic.netns_fd));
    LXCX_TRY(device, own_device(call, inside));
    if (!device) return fail(Code::not_found, "the device is not in the container's network namespace");
    return NicStatistics{.rx_bytes = device->rx_bytes, .tx_bytes = device->tx_bytes};
  }
};

}  // namespace

LXCX_PLUGIN(network, Macvlan, "macvlan", LXCX_PLUGIN_VERSION, "A device of its own on top of one of the host's", "Apache-2.0");
