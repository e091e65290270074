// SPDX-License-Identifier: Apache-2.0
// lxc.net.N.*: what core knows of it is checked here; the device's plugin has the last word.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/text.hpp"
#include "core/config/apply.hpp"
#include "core/config/diagnostics.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t most_nics = 1024;

// The types of LXC itself. Of another plugin's type nothing is known here.
constexpr std::string_view own_types[] = {"none", "empty", "veth", "macvlan", "ipvlan", "vlan", "phys"};

bool is_own_type(std::string_view type) { return std::ranges::find(own_types, type) != std::end(own_types); }

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, 16> bytes{};
  return text.find('\0') == text.npos && ::inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

void check_interface_name(Draft& draft, std::string_view value) {
  constexpr std::size_t longest = 15;  // IFNAMSIZ - 1
  const bool is_wildcard = value.ends_with('+');
  const std::string_view name = is_wildcard ? value.substr(0, value.size() - 1) : value;
  // As dev_valid_name() of the kernel.
  const bool has_bad_byte = std::ranges::any_of(name, [](char c) { return c == '/' || c == ':' || c == ' ' || (c >= 0 && c < 0x20) || c == 0x7f; });
  if (has_bad_byte || name == "." || name == "..") return draft.reject(value, shown(value) + " is no name of a network interface");
  if (value.size() > longest) draft.reject(value, shown(value) + " is too long: a network interface's name has at most 15 bytes");
}

void check_hardware_address(Draft& draft, std::string_view value) {
  const std::string hint = "six pairs of hexadecimal digits with colons between them; an x stands for a random digit, as in 00:16:3e:xx:xx:xx";
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') || (c | 0x20) == 'x'; };
  bool is_valid = value.size() == 17;
  for (std::size_t i = 0; i < value.size() && is_valid; ++i) is_valid = i % 3 == 2 ? value[i] == ':' : is_digit(value[i]);
  if (!is_valid) return draft.reject(value, shown(value) + " is no hardware address", hint);
  constexpr std::string_view odd = "13579bBdDfF";
  if (odd.find(value[1]) != odd.npos)
    draft.reject(value.substr(0, 2), shown(value) + " is a multicast address, which no interface can have", "the second digit must be even");
}

/// ADDRESS[/PREFIX]; `must_have_prefix` for routes.
void check_network(Draft& draft, std::string_view value, int family, bool must_have_prefix) {
  const std::size_t slash = value.find('/');
  const std::string kind = family == AF_INET ? "IPv4" : "IPv6";
  const std::string_view address = value.substr(0, slash);
  if (!is_address(family, address)) return draft.reject(address, shown(address) + " is no " + kind + " address");
  if (slash == value.npos) {
    if (must_have_prefix)
      draft.reject(value, shown(value) + " has no prefix length", "write " + std::string(value) + (family == AF_INET ? "/24" : "/64"));
    return;
  }
  const Checked<std::uint64_t> prefix = parse_unsigned(value.substr(slash + 1), family == AF_INET ? 32 : 128);
  if (!prefix) draft.reject(value.substr(slash + 1), "the prefix length " + prefix.error().message);
}

void check_ipv4_address(Draft& draft, std::string_view value) {
  const std::vector<std::string_view> fields = words(value);
  if (fields.size() > 2) return draft.reject(fields[2], "there is more than an address and its broadcast address", "ADDRESS[/PREFIX] [BROADCAST]");
  check_network(draft, fields[0], AF_INET, false);
  if (fields.size() == 2 && !is_address(AF_INET, fields[1])) draft.reject(fields[1], shown(fields[1]) + " is no IPv4 broadcast address");
}

void check_ipv6_address(Draft& draft, std::string_view value) { check_network(draft, value, AF_INET6, false); }
void check_ipv4_route(Draft& draft, std::string_view value) { check_network(draft, value, AF_INET, true); }
void check_ipv6_route(Draft& draft, std::string_view value) { check_network(draft, value, AF_INET6, true); }

template <int family>
void check_gateway(Draft& draft, std::string_view value) {
  if (value == "auto" || value == "dev" || is_address(family, value)) return;
  draft.reject(value, shown(value) + " is no gateway", std::string("an ") + (family == AF_INET ? "IPv4" : "IPv6") + " address, 'auto' or 'dev'");
}

template <std::uint64_t min, std::uint64_t max>
void check_number(Draft& draft, std::string_view value) {
  const auto number = draft.take(parse_unsigned(value, max));
  if (number && *number < min) draft.reject(value, shown(value) + " is too small: it must be at least " + std::to_string(min));
}

/// 802.1Q keeps 0 and 4095, and a bridge refuses them (br_process_vlan_info() in the kernel); the device of type vlan may have 0.
void check_bridge_vlan(Draft& draft, std::string_view value) {
  const auto number = parse_unsigned(value, 4094);
  if (!number || *number == 0)
    draft.reject(value, shown(value) + " is no VLAN of a bridge's port", "write a number from 1 to 4094, or none for veth.vlan.id");
}

void check_vlan_or_none(Draft& draft, std::string_view value) {
  if (value != "none") check_bridge_vlan(draft, value);
}

void check_flags(Draft& draft, std::string_view value) {
  if (value != "up") draft.warn(value, shown(value) + " acts as 'up'", "'up' is the only flag; leave the key out for an interface that stays down");
}

void check_word(Draft& draft, std::string_view value, const std::vector<std::string_view>& known) {
  if (std::ranges::find(known, value) != known.end()) return;
  draft.reject(value, shown(value) + " is not known here", "one of " + one_of(known));
}
void check_veth_mode(Draft& draft, std::string_view value) { check_word(draft, value, {"bridge", "router"}); }
void check_macvlan_mode(Draft& draft, std::string_view value) { check_word(draft, value, {"private", "vepa", "bridge", "passthru"}); }
void check_ipvlan_mode(Draft& draft, std::string_view value) { check_word(draft, value, {"l3", "l3s", "l2"}); }
void check_ipvlan_isolation(Draft& draft, std::string_view value) { check_word(draft, value, {"bridge", "private", "vepa"}); }

void check_type(Draft& draft, std::string_view value) {
  const auto is_name_char = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  if (!std::ranges::all_of(value, is_name_char) || value.size() > 64)
    draft.reject(value, shown(value) + " is no network type", "the name of a network plugin: lxcx plugin list --kind network");
}

void check_nothing(Draft&, std::string_view) {}

constexpr std::uint64_t int_max = std::numeric_limits<int>::max();
constexpr std::array nic_keys{
    NicKeySpec{"lxc.net.N.type", Form::scalar, "", check_type, "name", "",
               "The network plugin: none, empty, veth, macvlan, … Comes first: it resets all other sub-keys of this device."},
    NicKeySpec{"lxc.net.N.flags", Form::scalar, "", check_flags, "up", "", "Bring the interface up."},
    NicKeySpec{"lxc.net.N.link", Form::scalar, "", check_interface_name, "interface", "",
               "The host's interface or bridge to connect to. For phys, a trailing + matches any interface that begins so."},
    NicKeySpec{"lxc.net.N.l2proxy", Form::scalar, "", check_number<0, 1>, "0 or 1", "0", "Neighbour proxy entries on the link for each address."},
    NicKeySpec{"lxc.net.N.name", Form::scalar, "", check_interface_name, "interface", "ethN", "The interface's name inside."},
    NicKeySpec{"lxc.net.N.hwaddr", Form::scalar, "", check_hardware_address, "hardware address", "random", "An x stands for a random digit."},
    NicKeySpec{"lxc.net.N.mtu", Form::scalar, "", check_number<1, int_max>, "number", "the link's", "Largest packet, in bytes."},
    NicKeySpec{"lxc.net.N.ipv4.address", Form::list, "", check_ipv4_address, "address[/prefix] [broadcast]", "",
               "An address inside. Without a prefix, that of the address's class."},
    NicKeySpec{"lxc.net.N.ipv4.gateway", Form::scalar, "", check_gateway<AF_INET>, "address, auto or dev", "",
               "The default route. auto: the link's own address. dev: through the device."},
    NicKeySpec{"lxc.net.N.ipv6.address", Form::list, "", check_ipv6_address, "address[/prefix]", "",
               "An address inside; the prefix is 64 if not given."},
    NicKeySpec{"lxc.net.N.ipv6.gateway", Form::scalar, "", check_gateway<AF_INET6>, "address, auto or dev", "", "The default route."},
    NicKeySpec{"lxc.net.N.script.up", Form::scalar, "", check_nothing, "command", "", "Runs on the host when the interface has been made."},
    NicKeySpec{"lxc.net.N.script.down", Form::scalar, "", check_nothing, "command", "", "Runs on the host before the interface goes."},
    NicKeySpec{"lxc.net.N.veth.mode", Form::scalar, "veth", check_veth_mode, "bridge or router", "bridge",
               "Attach the host's end to the link, or route to it."},
    NicKeySpec{"lxc.net.N.veth.pair", Form::scalar, "", check_interface_name, "interface", "random", "The name of the host's end."},
    NicKeySpec{"lxc.net.N.veth.n_rxqueues", Form::scalar, "veth", check_number<1, int_max>, "number", "1", "Receive queues."},
    NicKeySpec{"lxc.net.N.veth.n_txqueues", Form::scalar, "veth", check_number<1, int_max>, "number", "1", "Transmit queues."},
    NicKeySpec{"lxc.net.N.veth.ipv4.route", Form::list, "", check_ipv4_route, "network/prefix", "", "A route on the host to the container."},
    NicKeySpec{"lxc.net.N.veth.ipv6.route", Form::list, "", check_ipv6_route, "network/prefix", "", "A route on the host to the container."},
    NicKeySpec{"lxc.net.N.veth.vlan.id", Form::scalar, "", check_vlan_or_none, "1-4094 or none", "", "The untagged VLAN of the bridge port."},
    NicKeySpec{"lxc.net.N.veth.vlan.tagged.id", Form::list, "", check_bridge_vlan, "1-4094", "", "A tagged VLAN of the bridge port."},
    NicKeySpec{"lxc.net.N.macvlan.mode", Form::scalar, "macvlan", check_macvlan_mode, "private, vepa, bridge or passthru", "private",
               "How interfaces on one link see each other."},
    NicKeySpec{"lxc.net.N.ipvlan.mode", Form::scalar, "ipvlan", check_ipvlan_mode, "l3, l3s or l2", "l3", "The layer the link works on."},
    NicKeySpec{"lxc.net.N.ipvlan.isolation", Form::scalar, "ipvlan", check_ipvlan_isolation, "bridge, private or vepa", "bridge",
               "How interfaces on one link see each other."},
    NicKeySpec{"lxc.net.N.vlan.id", Form::scalar, "vlan", check_number<0, 4094>, "0-4094", "0", "The VLAN of the link."},
};

auto position(ContainerConfig& config, unsigned index) { return std::ranges::lower_bound(config.nics, index, {}, &NicConfig::index); }

void set_type(Draft& draft, const Assignment& a, unsigned index) {
  const std::size_t errors = draft.errors.size();
  check_type(draft, a.value);
  if (draft.errors.size() > errors) return;
  auto nic = position(draft.config, index);
  if (nic == draft.config.nics.end() || nic->index != index) {
    if (draft.config.nics.size() >= most_nics) return draft.reject(a.key, "more than 1024 network devices");
    nic = draft.config.nics.insert(nic, NicConfig{index, {}, {}, {}});
  }
  *nic = NicConfig{index, std::string(a.value), a.where, {}};
}

/// The plugin has the last word about a key that LXC does not have, but only when the container is started.
void warn_of_unknown(Draft& draft, const Assignment& a, std::string_view sub_key) {
  std::vector<std::string_view> known;
  for (const NicKeySpec& spec : nic_keys) known.push_back(spec.sub_key());
  const std::string_view near = nearest(sub_key, known);
  draft.warn(a.key, shown(a.key) + " is none of LXC's keys; a start refuses it unless the network plugin has it",
             near.empty() ? "'lxcx config keys lxc.net' lists them" : "did you mean " + std::string(near) + "?");
}

/// A sub-key of another type: refused where LXC refuses it, else harmless.
void check_fits_type(Draft& draft, const Assignment& a, const NicConfig& nic, const NicKeySpec* spec, std::string_view sub_key) {
  if (!is_own_type(nic.type)) return;
  const std::string is_for = shown(a.key) + " is for type " + std::string(spec != nullptr && !spec->only_for.empty() ? spec->only_for : "veth");
  const std::string but = ", but lxc.net." + std::to_string(nic.index) + ".type is " + nic.type;
  if (spec != nullptr && !spec->only_for.empty() && spec->only_for != nic.type) return draft.reject(a.key, is_for + but);
  if (sub_key.starts_with("veth.") && nic.type != "veth") draft.warn(a.key, is_for + but, "it has no effect; leave it out");
}

}  // namespace

std::span<const NicKeySpec> nic_key_table() { return nic_keys; }

const NicKeySpec* find_nic_key(std::string_view sub_key) {
  const auto found = std::ranges::find(nic_keys, sub_key, &NicKeySpec::sub_key);
  return found == nic_keys.end() ? nullptr : &*found;
}

std::optional<NicKey> split_nic_key(std::string_view key) {
  constexpr std::string_view prefix = "lxc.net.";
  if (!key.starts_with(prefix)) return std::nullopt;
  key.remove_prefix(prefix.size());
  const std::size_t dot = key.find('.');
  const std::string_view digits = key.substr(0, dot);
  const bool is_plain =
      !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }) && (digits == "0" || digits[0] != '0');
  const Checked<std::uint64_t> index = parse_unsigned(digits, int_max - 1);
  if (!is_plain || !index) return std::nullopt;
  return NicKey{static_cast<unsigned>(*index), dot == key.npos ? std::string_view{} : key.substr(dot + 1)};
}

void apply_nic(Draft& draft, const Assignment& a) {
  const std::optional<NicKey> key = split_nic_key(a.key);
  const std::string n = key ? std::to_string(key->index) : "0";
  if (!key)
    return draft.reject(a.key, shown(a.key) + " has no index of a network device", "write lxc.net.0.type, lxc.net.0.link, …; the first device is 0");
  if (key->sub_key.empty())
    return draft.reject(a.key, shown(a.key) + " takes no value", "empty, it removes the device; to choose a type write lxc.net." + n + ".type");
  if (key->sub_key == "type") return set_type(draft, a, key->index);
  const auto nic = position(draft.config, key->index);
  if (nic == draft.config.nics.end() || nic->index != key->index) {
    return draft.reject(a.key, "network device " + n + " has no type yet", "put a line such as 'lxc.net." + n + ".type = veth' above this one");
  }
  const NicKeySpec* spec = find_nic_key(key->sub_key);
  check_fits_type(draft, a, *nic, spec, key->sub_key);
  if (spec != nullptr) spec->check(draft, a.value);
  if (spec == nullptr && is_own_type(nic->type)) warn_of_unknown(draft, a, key->sub_key);
  nic->settings.push_back({std::string(key->sub_key), std::string(a.value), a.where});
}

void clear_nics(ContainerConfig& config, std::optional<unsigned> index) {
  std::erase_if(config.nics, [&](const NicConfig& nic) { return !index || nic.index == *index; });
}

}  // namespace lxcx::core
