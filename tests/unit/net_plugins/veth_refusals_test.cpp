// SPDX-License-Identifier: Apache-2.0
// Requirement N-1: what cannot work is refused before anything is touched, by key and with a hint.
#include "plugin_under_test.hpp"
#include "test_network.hpp"

using namespace lxcx;
using namespace lxcx::test;
using Catch::Matchers::Contains;

namespace {

struct Refusal {
  FakeCall::Settings settings;
  Code code;
  const char* message;  ///< a part of it
  const char* hint;
};

const std::vector<Refusal>& refusals() {
  static const std::vector<Refusal> all{
      {{{"link", "lxcxt-nobr"}}, Code::not_found, "lxc.net.0.link: no bridge 'lxcxt-nobr' on this host", "type bridge"},
      {{{"link", "lxcxt-plain"}}, Code::config, "'lxcxt-plain' is no bridge but a veth device", "macvlan"},
      {{{"link", "lo"}}, Code::config, "'lo' is no bridge", "ip link show type bridge"},
      {{{"link", "lxcxt-nobr"}, {"veth.mode", "router"}}, Code::not_found, "no device 'lxcxt-nobr'", "ip link show"},
      {{{"veth.mode", "bridged"}}, Code::config, "lxc.net.0.veth.mode: 'bridged'", "bridge or router"},
      {{{"name", "sixteen-bytes-xx"}}, Code::config, "lxc.net.0.name: 'sixteen-bytes-xx' has 16 bytes", "15"},
      {{{"name", "a/b"}}, Code::config, "lxc.net.0.name: 'a/b'", "leave out"},
      {{{"veth.pair", "a b"}}, Code::config, "lxc.net.0.veth.pair: 'a b'", "leave out"},
      {{{"veth.pair", "lxcxt-plain"}}, Code::busy, "lxc.net.0.veth.pair: a device 'lxcxt-plain' is on this host already", "another name"},
      {{{"hwaddr", "00:16:3e:00:00"}}, Code::config, "lxc.net.0.hwaddr", "six pairs"},
      {{{"hwaddr", "01:16:3e:00:00:01"}}, Code::config, "group (multicast)", "even"},
      {{{"mtu", "67"}}, Code::config, "lxc.net.0.mtu: '67' is no number from 68 to 65535", ""},
      {{{"mtu", "1500 "}}, Code::config, "lxc.net.0.mtu", ""},
      {{{"mtu", "1200"}, {"ipv6.address", "fd77::2"}}, Code::config, "IPv6 needs at least 1280", "raise the mtu"},
      {{{"flags", "down"}}, Code::config, "lxc.net.0.flags: 'down'", "write up"},
      {{{"l2proxy", "yes"}}, Code::config, "lxc.net.0.l2proxy", ""},
      {{{"l2proxy", "1"}}, Code::config, "lxc.net.0.l2proxy", "lxc.net.0.link"},
      {{{"ipv4.address", "10.0.0.1/24"}, {"ipv4.address", "10.0.0.999/24"}},
       Code::config,
       "lxc.net.0.ipv4.address: '10.0.0.999' is no IPv4 address",
       "10.0.3.20"},
      {{{"ipv4.address", "10.0.0.1/40"}}, Code::config, "'40' is no prefix length", "0 to 32"},
      {{{"ipv6.address", "10.0.0.1/24"}}, Code::config, "lxc.net.0.ipv6.address", "fd00"},
      {{{"flags", "up"}, {"ipv4.gateway", "10.0.0.1"}},
       Code::config,
       "lxc.net.0.ipv4.gateway: the device has no ipv4 address",
       "lxc.net.0.ipv4.address"},
      {{{"flags", "up"}, {"ipv6.gateway", "fd77::1"}},
       Code::config,
       "lxc.net.0.ipv6.gateway: the device has no ipv6 address",
       "lxc.net.0.ipv6.address"},
      {{{"ipv4.address", "10.0.0.2"}, {"ipv4.gateway", "10.0.0.1"}}, Code::config, "a route needs a device that is up", "lxc.net.0.flags = up"},
      {{{"flags", "up"}, {"ipv4.address", "10.0.0.2"}, {"ipv4.gateway", "10.0.0.2"}}, Code::config, "the container's own address", "router"},
      {{{"flags", "up"}, {"ipv4.address", "10.0.0.2"}, {"ipv4.gateway", "automatic"}}, Code::config, "'automatic' is no IPv4 address", "10.0.3.20"},
      {{{"flags", "up"}, {"ipv4.address", "10.0.0.2"}, {"ipv4.gateway", "auto"}},
       Code::config,
       "auto takes the address of the link",
       "lxc.net.0.link"},
      {{{"link", "lxcxt-bare"}, {"flags", "up"}, {"ipv4.address", "10.0.0.2"}, {"ipv4.gateway", "auto"}},
       Code::config,
       "'lxcxt-bare', which has no ipv4 address",
       "give the link one"},
      {{{"veth.n_rxqueues", "0"}}, Code::config, "lxc.net.0.veth.n_rxqueues", ""},
      {{{"veth.n_txqueues", "-1"}}, Code::config, "lxc.net.0.veth.n_txqueues", ""},
      {{{"veth.ipv4.route", "10.0.0.0"}}, Code::config, "lxc.net.0.veth.ipv4.route", "/32"},
      {{{"veth.ipv6.route", "fd77::1/64"}}, Code::config, "lxc.net.0.veth.ipv6.route", "write fd77::/64"},
      {{{"veth.vlan.id", "0"}, {"link", "lxcxt-br0"}}, Code::config, "lxc.net.0.veth.vlan.id: '0' is no VLAN", "4094"},
      {{{"veth.vlan.id", "10"}}, Code::config, "only a port of a bridge has VLANs", "lxc.net.0.link"},
      {{{"veth.vlan.id", "10"}, {"veth.mode", "router"}, {"link", "lxcxt-br0"}}, Code::config, "only a port of a bridge has VLANs", "bridge"},
      {{{"veth.vlan.id", "10"}, {"veth.vlan.tagged.id", "10"}, {"link", "lxcxt-br0"}},
       Code::config,
       "untagged VLAN (veth.vlan.id) too",
       "one of the two"},
      {{{"veth.vlan.id", "10"}, {"link", "lxcxt-br0"}}, Code::config, "'lxcxt-br0' does not look at VLANs", "vlan_filtering 1"},
      {{{"macvlan.mode", "bridge"}}, Code::config, "lxc.net.0.macvlan.mode: a device of type veth has no such key", "lxc.net.0.type"},
      {{{"veth.mode", "router"}, {"flags", "up"}, {"ipv6.address", "fd77::2"}, {"ipv6.gateway", "fe80::1"}},
       Code::config,
       "net.ipv6.conf.all.forwarding = 1",
       "sysctl -w"},
      {{{"link", "lxcxt-br0"}, {"l2proxy", "1"}, {"ipv4.address", "10.0.0.2"}}, Code::config, "net.ipv4.conf.lxcxt-br0.forwarding = 1", "sysctl -w"},
      {{{"link", "lxcxt-br0"}, {"l2proxy", "1"}, {"ipv6.address", "fd77::2"}}, Code::config, "net.ipv6.conf.lxcxt-br0.proxy_ndp = 1", "sysctl -w"},
  };
  return all;
}

}  // namespace

TEST_CASE("veth refuses what cannot work, by key and with a hint, and touches nothing", "[net][veth][root]") {
  TestNetwork network;
  const PluginUnderTest veth(LXCX_NETWORK_VETH);
  sh("ip link add lxcxt-plain type veth peer name lxcxt-peer && ip link add lxcxt-bare type bridge && echo 0 > "
     "/proc/sys/net/ipv4/conf/lxcxt-br0/forwarding");
  const std::string before = network.host_state();
  for (const Refusal& refusal : refusals()) {
    FakeCall call(refusal.settings);
    CAPTURE(refusal.message);
    for (const auto& refused : {veth.validate(call), veth.connect(call, network.container())}) {
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == refusal.code);
      CHECK_THAT(refused.error().message, Contains(refusal.message));
      CHECK_THAT(refused.error().hint, Contains(refusal.hint));
    }
    CHECK(call.records.empty());
  }
  CHECK(network.host_state() == before);
  CHECK(output_of("ip -o link show | wc -l", network.container()) == "1\n");
}
