// SPDX-License-Identifier: Apache-2.0
#include "plugin_under_test.hpp"
#include "test_network.hpp"

using namespace lxcx;
using namespace lxcx::test;
using Catch::Matchers::Contains;

namespace {

/// A wire: lxcxt-low is what macvlan devices stand on, lxcxt-far its other end with 10.60.0.1 and fd60::1.
class Wired : public TestNetwork {
 public:
  Wired() {
    sh("ip link add lxcxt-low type veth peer name lxcxt-far && ip link set lxcxt-low up && ip link set lxcxt-far up && "
       "ip address add 10.60.0.1/24 dev lxcxt-far && ip -6 address add fd60::1/64 dev lxcxt-far nodad");
  }
};

const PluginUnderTest& macvlan() {
  static const PluginUnderTest plugin(LXCX_NETWORK_MACVLAN);
  return plugin;
}

FakeCall::Settings dual_stack(const std::string& mode) {
  return {
      {"link", "lxcxt-low"},          {"macvlan.mode", mode},     {"flags", "up"}, {"ipv4.address", "10.60.0.2/24"}, {"ipv4.gateway", "10.60.0.1"},
      {"ipv6.address", "fd60::2/64"}, {"ipv6.gateway", "fd60::1"}};
}

}  // namespace

TEST_CASE("traffic flows over the link in every mode, by IPv4 and IPv6", "[net][macvlan][root]") {
  const std::string mode = GENERATE("", "private", "vepa", "bridge", "passthru");
  CAPTURE(mode);
  Wired network;
  const std::string before = network.host_state();
  const std::string home = netns_id();
  FakeCall call(dual_stack(mode));
  REQUIRE_OK(macvlan().validate(call));
  REQUIRE_OK(macvlan().connect(call, network.container()));
  CHECK(netns_id() == home);
  CHECK(call.result("name") == "eth0");
  CHECK(call.result("link") == "lxcxt-low");
  CHECK_THAT(network.in_container("ip -d link show eth0"), Contains("macvlan mode " + (mode.empty() ? "private" : mode)));
  CHECK_THAT(network.in_container("ip route; ip -6 route"), Contains("default via 10.60.0.1 dev eth0") && Contains("default via fd60::1 dev eth0"));
  CHECK(reaches(network.container(), "10.60.0.1"));
  CHECK(reaches(network.container(), "fd60::1"));
  const auto counted = macvlan().statistics(call, network.container());
  REQUIRE_OK(counted);
  CHECK(counted->tx_bytes > 0);
  REQUIRE_OK(macvlan().disconnect(call, network.container()));
  CHECK(network.host_state() == before);
  CHECK(output_of("ip -o link show | wc -l", network.container()) == "1\n");
}

TEST_CASE("a macvlan device is named, addressed and sized as the settings say", "[net][macvlan][root]") {
  Wired network;
  const bool host_has_that_name_too = GENERATE(false, true);
  if (host_has_that_name_too) sh("ip link add lan0 type bridge");
  FakeCall call(dual_stack("bridge"));
  call.set("name", "lan0");
  call.set("hwaddr", "00:16:3e:00:00:xx");
  call.set("mtu", "1400");
  REQUIRE_OK(macvlan().connect(call, network.container()));
  CHECK(call.result("name") == "lan0");
  CHECK_THAT(network.in_container("ip link show lan0"), Contains("mtu 1400") && Contains("link/ether 00:16:3e:00:00:"));
}

TEST_CASE("a passthru device takes the link's address unless another is set", "[net][macvlan][root]") {
  Wired network;
  const std::string own = output_of("ip -o link show lxcxt-low | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/'");
  FakeCall call(dual_stack("passthru"));
  SECTION("the link's") {
    REQUIRE_OK(macvlan().connect(call, network.container()));
    CHECK_THAT(network.in_container("ip link show eth0"), Contains(own.substr(0, 17)));
  }
  SECTION("another, until the device goes") {
    call.set("hwaddr", "00:16:3e:00:00:77");
    REQUIRE_OK(macvlan().connect(call, network.container()));
    CHECK_THAT(network.in_container("ip link show eth0"), Contains("00:16:3e:00:00:77"));
    CHECK(reaches(network.container(), "10.60.0.1"));
    REQUIRE_OK(macvlan().connect(call, network.container()));
    REQUIRE_OK(macvlan().disconnect(call, network.container()));
    CHECK_THAT(output_of("ip link show lxcxt-low"), Contains(own.substr(0, 17)));
  }
}

TEST_CASE("connecting a macvlan twice is connecting once, and disconnecting twice is fine", "[net][macvlan][root]") {
  Wired network;
  FakeCall call(dual_stack("bridge"));
  REQUIRE_OK(macvlan().connect(call, network.container()));
  const std::string inside = network.in_container("ip -o link show | cut -d: -f1,2; ip route");
  REQUIRE_OK(macvlan().connect(call, network.container()));
  CHECK(network.in_container("ip -o link show | cut -d: -f1,2; ip route") == inside);
  REQUIRE_OK(macvlan().disconnect(call, network.container()));
  REQUIRE_OK(macvlan().disconnect(call, network.container()));
  REQUIRE_OK(macvlan().disconnect(call, -1));
}

TEST_CASE("the gateway of auto is the link's address", "[net][macvlan][root]") {
  Wired network;
  sh("ip address add 10.60.0.5/24 dev lxcxt-low");
  FakeCall call(dual_stack("bridge"));
  call.set("ipv4.gateway", "auto");
  REQUIRE_OK(macvlan().connect(call, network.container()));
  CHECK_THAT(network.in_container("ip route"), Contains("default via 10.60.0.5 dev eth0"));
}

TEST_CASE("a macvlan connect that fails half-way leaves nothing behind", "[net][macvlan][root]") {
  Wired network;
  FakeCall call(dual_stack("bridge"));
  const std::string before = network.host_links();
  SECTION("because IPv6 is turned off inside") {
    sh("echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6", network.container());
    const auto connected = macvlan().connect(call, network.container());
    REQUIRE_FALSE(connected);
    CHECK_THAT(connected.error().message, Contains("RTM_NEWADDR fd60::2/64 dev 'eth0'"));
  }
  SECTION("because the name inside is taken") {
    call.set("name", "lan0");
    sh("ip link add lan0 type bridge && ip link set lan0 name lan0", network.container());
    const auto connected = macvlan().connect(call, network.container());
    REQUIRE_FALSE(connected);
    CHECK(connected.error().code == Code::busy);
    CHECK_THAT(connected.error().hint, Contains("'lan0'"));
  }
  CHECK(network.host_links() == before);
  CHECK_THAT(network.in_container("ip -o link show"), !Contains("macvlan") && !Contains("eth0") && !Contains("mc"));
}

TEST_CASE("macvlan refuses what cannot work, by key and with a hint", "[net][macvlan][root]") {
  Wired network;
  sh("ip link add lxcxt-port type veth peer name lxcxt-end && ip link set lxcxt-port master lxcxt-br0");
  const std::string before = network.host_state();
  const auto refused_with = [](FakeCall::Settings settings) {
    FakeCall call(std::move(settings));
    const auto refused = macvlan().validate(call);
    REQUIRE_FALSE(refused);
    return refused.error();
  };
  CHECK_THAT(refused_with({}).message, Contains("lxc.net.0.link is not set"));
  CHECK(refused_with(FakeCall::Settings{{"link", "lxcxt-none"}}).code == Code::not_found);
  CHECK_THAT(refused_with(FakeCall::Settings{{"link", "lo"}}).message, Contains("loopback"));
  CHECK_THAT(refused_with(FakeCall::Settings{{"link", "lxcxt-port"}}).message, Contains("'lxcxt-port' is a port of the bridge 'lxcxt-br0'"));
  CHECK_THAT(refused_with(FakeCall::Settings{{"link", "lxcxt-port"}}).hint, Contains("veth"));
  CHECK_THAT(refused_with({{"link", "lxcxt-low"}, {"mtu", "1600"}}).message, Contains("1600 is more than the 1500 of 'lxcxt-low'"));
  CHECK_THAT(refused_with({{"link", "lxcxt-low"}, {"macvlan.mode", "l3"}}).hint, Contains("private, vepa, bridge or passthru"));
  CHECK_THAT(refused_with({{"link", "lxcxt-low"}, {"veth.pair", "x"}}).message,
             Contains("lxc.net.0.veth.pair: a device of type macvlan has no such key"));
  CHECK(network.host_state() == before);
}
