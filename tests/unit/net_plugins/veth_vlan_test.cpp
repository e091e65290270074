// SPDX-License-Identifier: Apache-2.0
#include "plugin_under_test.hpp"
#include "test_network.hpp"

using namespace lxcx;
using namespace lxcx::test;
using Catch::Matchers::Contains;

namespace {

/// This file is a program of its own, so that a kernel without the feature is a skip and not a pass.
void need_vlan_filtering() {
  int status = 0;
  output_of("ip link set lxcxt-br0 type bridge vlan_filtering 1", -1, &status);
  if (status == 0) return;
  std::fputs("skipped: this kernel's bridges have no VLAN filtering (CONFIG_BRIDGE_VLAN_FILTERING)\n", stderr);
  std::exit(77);
}

std::string vlans_of(const std::string& port) { return output_of("bridge vlan show dev " + port + " | tail -n +2 | tr -s ' \\t\\n' ' '"); }

}  // namespace

TEST_CASE("a port is in the VLANs that the settings name, and in no other", "[net][veth][vlan][root]") {
  TestNetwork network;
  need_vlan_filtering();
  const PluginUnderTest veth(LXCX_NETWORK_VETH);
  FakeCall call({{"link", "lxcxt-br0"}, {"flags", "up"}});
  SECTION("its own, untagged") {
    call.set("veth.vlan.id", "10");
    REQUIRE_OK(veth.connect(call, network.container()));
    CHECK(vlans_of(call.result("host_name")) == call.result("host_name") + " 10 PVID Egress Untagged ");
  }
  SECTION("its own, and tagged ones") {
    call.set("veth.vlan.id", "10");
    call.settings.emplace_back("veth.vlan.tagged.id", "20");
    call.settings.emplace_back("veth.vlan.tagged.id", "30");
    REQUIRE_OK(veth.connect(call, network.container()));
    CHECK(vlans_of(call.result("host_name")) == call.result("host_name") + " 10 PVID Egress Untagged 20 30 ");
  }
  SECTION("none") {
    call.set("veth.vlan.id", "none");
    REQUIRE_OK(veth.connect(call, network.container()));
    CHECK_THAT(vlans_of(call.result("host_name")), !Contains("PVID"));
  }
  SECTION("tagged ones beside the default") {
    call.set("veth.vlan.tagged.id", "20");
    REQUIRE_OK(veth.connect(call, network.container()));
    CHECK(vlans_of(call.result("host_name")) == call.result("host_name") + " 1 PVID Egress Untagged 20 ");
  }
  CHECK_THAT(output_of("ip link show " + call.result("host_name")), Contains("UP"));
}

TEST_CASE("containers of different VLANs do not reach each other, of one VLAN they do", "[net][veth][vlan][root]") {
  TestNetwork network;
  need_vlan_filtering();
  const PluginUnderTest veth(LXCX_NETWORK_VETH);
  const Fd same = network.fresh_netns(), other = network.fresh_netns();
  FakeCall first({{"link", "lxcxt-br0"}, {"flags", "up"}, {"veth.vlan.id", "10"}, {"ipv4.address", "10.77.0.2/24"}});
  FakeCall second({{"link", "lxcxt-br0"}, {"flags", "up"}, {"veth.vlan.id", "10"}, {"ipv4.address", "10.77.0.3/24"}});
  FakeCall third({{"link", "lxcxt-br0"}, {"flags", "up"}, {"veth.vlan.id", "11"}, {"ipv4.address", "10.77.0.4/24"}});
  REQUIRE_OK(veth.connect(first, network.container()));
  REQUIRE_OK(veth.connect(second, same.get()));
  REQUIRE_OK(veth.connect(third, other.get()));
  CHECK(reaches(network.container(), "10.77.0.3"));
  CHECK_FALSE(reaches(network.container(), "10.77.0.4"));
  CHECK_FALSE(reaches(network.container(), "10.77.0.1"));
}
