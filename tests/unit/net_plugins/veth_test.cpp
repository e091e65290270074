// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "plugin_under_test.hpp"
#include "test_network.hpp"

using namespace lxcx;
using namespace lxcx::test;
using Catch::Matchers::Contains;

namespace {

const PluginUnderTest& veth() {
  static const PluginUnderTest plugin(LXCX_NETWORK_VETH);
  return plugin;
}

FakeCall::Settings dual_stack() {
  return {{"link", "lxcxt-br0"},          {"flags", "up"},         {"ipv4.address", "10.77.0.2/24"}, {"ipv4.gateway", "auto"},
          {"ipv6.address", "fd77::2/64"}, {"ipv6.gateway", "auto"}};
}

}  // namespace

TEST_CASE("traffic flows between container and bridge, by IPv4 and IPv6", "[net][veth][root]") {
  TestNetwork network;
  const std::string before = network.host_state();
  const std::string home = netns_id();
  FakeCall call(dual_stack());
  REQUIRE_OK(veth().validate(call));
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK(netns_id() == home);
  CHECK(call.result("name") == "eth0");
  CHECK(call.result("link") == "lxcxt-br0");
  CHECK(call.result("host_name") == call.records.at("host_name"));
  CHECK(reaches(network.container(), "10.77.0.1"));
  CHECK(reaches(network.container(), "fd77::1"));
  CHECK(reaches(network.host(), "10.77.0.2"));
  CHECK(reaches(network.host(), "fd77::2"));
  REQUIRE_OK(veth().disconnect(call, network.container()));
  CHECK(network.host_state() == before);
  CHECK(output_of("ip -o link show | wc -l", network.container()) == "1\n");
}

TEST_CASE("the device inside is as the settings say", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call(dual_stack());
  call.set("name", "lan0");
  call.set("hwaddr", "00:16:3e:xx:xx:01");
  call.set("mtu", "1400");
  call.set("veth.pair", "lxcxt-web");
  call.set("veth.n_rxqueues", "2");
  call.set("veth.n_txqueues", "3");
  call.settings.emplace_back("ipv4.address", "10.78.0.2/30");
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK(call.result("name") == "lan0");
  CHECK(call.result("host_name") == "lxcxt-web");
  const std::string inside = network.in_container("ip -d link show lan0; ip address show lan0; ip route; ip -6 route; ip -o link show lo");
  CHECK_THAT(inside, Contains("mtu 1400") && Contains("numrxqueues 2") && Contains("numtxqueues 3"));
  CHECK_THAT(inside, Contains("link/ether 00:16:3e:") && Contains(":01 brd"));
  CHECK_THAT(inside, Contains("inet 10.77.0.2/24 brd 10.77.0.255") && Contains("inet 10.78.0.2/30 brd 10.78.0.3") && Contains("inet6 fd77::2/64"));
  CHECK_THAT(inside, Contains("default via 10.77.0.1 dev lan0") && Contains("default via fd77::1 dev lan0"));
  CHECK_THAT(inside, Contains("lo: <LOOPBACK,UP"));
  const std::string outside = output_of("ip -d link show lxcxt-web");
  CHECK_THAT(outside, Contains("mtu 1400") && Contains("master lxcxt-br0") && Contains("link/ether fe:") && Contains("alias lxcx:web:0"));
  CHECK_THAT(outside, Contains("numrxqueues 2") && Contains("numtxqueues 3"));
}

TEST_CASE("the mtu is the bridge's unless set", "[net][veth][root]") {
  TestNetwork network;
  sh("ip link set lxcxt-br0 mtu 9000");
  FakeCall call(FakeCall::Settings{{"link", "lxcxt-br0"}});
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK_THAT(network.in_container("ip link show eth0"), Contains("mtu 9000"));
  CHECK_THAT(output_of("ip link show lxcxt-br0"), Contains("mtu 9000"));
}

TEST_CASE("without flags the device stays down and has its addresses", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call({{"link", "lxcxt-br0"}, {"ipv4.address", "10.77.0.2/24"}});
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK_THAT(network.in_container("ip address show eth0"), Contains("state DOWN") && Contains("inet 10.77.0.2/24"));
  CHECK_THAT(network.in_container("ip link show lo"), Contains("state DOWN"));
}

TEST_CASE("a veth without a link is left to a script", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call(FakeCall::Settings{{"flags", "up"}});
  REQUIRE_OK(veth().validate(call));
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK(call.results.count("link") == 0);
  CHECK_THAT(output_of("ip -d link show " + call.result("host_name")), Contains("UP") && !Contains("master"));
}

TEST_CASE("devices without a name take the first free ethN, also beside named ones", "[net][veth][root]") {
  TestNetwork network;
  FakeCall first(FakeCall::Settings{{"link", "lxcxt-br0"}}), second({{"link", "lxcxt-br0"}, {"name", "eth1"}}),
      third(FakeCall::Settings{{"link", "lxcxt-br0"}});
  for (FakeCall* call : {&first, &second, &third}) REQUIRE_OK(veth().connect(*call, network.container()));
  CHECK(first.result("name") == "eth0");
  CHECK(second.result("name") == "eth1");
  CHECK(third.result("name") == "eth2");
}

TEST_CASE("a gateway outside the container's network is reached by a host route", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call({{"link", "lxcxt-br0"},
                 {"flags", "up"},
                 {"ipv4.address", "10.99.0.2/32"},
                 {"ipv4.gateway", "10.77.0.1"},
                 {"ipv6.address", "fd99::2/128"},
                 {"ipv6.gateway", "fd77::1"}});
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK_THAT(network.in_container("ip route; ip -6 route"), Contains("default via 10.77.0.1 dev eth0") && Contains("10.77.0.1 dev eth0 scope link") &&
                                                                Contains("default via fd77::1 dev eth0") && Contains("fd77::1 dev eth0"));
}

TEST_CASE("a gateway of dev is a route through the device, and a link-local one needs no address", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call({{"link", "lxcxt-br0"}, {"flags", "up"}, {"ipv4.address", "10.77.0.2/24"}, {"ipv4.gateway", "dev"}, {"ipv6.gateway", "fe80::1"}});
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK_THAT(network.in_container("ip route; ip -6 route"), Contains("default dev eth0 scope link") && Contains("default via fe80::1 dev eth0"));
}

TEST_CASE("connecting twice is connecting once", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call(dual_stack());
  call.set("hwaddr", "00:16:3e:xx:xx:xx");
  REQUIRE_OK(veth().connect(call, network.container()));
  const std::string outside = network.host_links();
  const std::string inside = network.in_container("ip -o link show | cut -d: -f1,2; ip route; ip -6 route show default");
  const auto results = call.results;
  REQUIRE_OK(veth().validate(call));
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK(network.host_links() == outside);
  CHECK(network.in_container("ip -o link show | cut -d: -f1,2; ip route; ip -6 route show default") == inside);
  CHECK(call.results == results);
}

TEST_CASE("a second connect finishes what a crash left half done", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call(dual_stack());
  REQUIRE_OK(veth().connect(call, network.container()));
  sh("ip address flush dev eth0; ip link set eth0 down; ip link set lo down", network.container());
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK(reaches(network.container(), "10.77.0.1"));
  CHECK(reaches(network.container(), "fd77::1"));
}

TEST_CASE("a restart with a fixed host name and address replaces the pair that still stands", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call(dual_stack());
  call.set("veth.pair", "lxcxt-web");
  call.set("hwaddr", "00:16:3e:xx:xx:xx");
  REQUIRE_OK(veth().connect(call, network.container()));
  const std::string mac = call.records.at("hwaddr");
  const Fd old_namespace(::dup(network.container()));
  network.restart_container();
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK(reaches(network.container(), "10.77.0.1"));
  CHECK_THAT(network.in_container("ip link show eth0"), Contains(mac));
  CHECK(output_of("ip -o link show | wc -l", old_namespace.get()) == "1\n");
}

TEST_CASE("disconnecting twice, before connecting, and after the namespace has gone is fine", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call(dual_stack());
  REQUIRE_OK(veth().disconnect(call, -1));
  REQUIRE_OK(veth().connect(call, network.container()));
  network.end_container();
  REQUIRE_OK(veth().disconnect(call, -1));
  CHECK(soon([&] { return network.host_links() == "lo\nlxcxt-br0\n"; }));
  REQUIRE_OK(veth().disconnect(call, -1));
}

TEST_CASE("a pair whose namespace somebody else still holds is removed all the same", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call(dual_stack());
  REQUIRE_OK(veth().connect(call, network.container()));
  const Fd held(::dup(network.container()));
  network.end_container();
  REQUIRE_OK(veth().disconnect(call, -1));
  CHECK(network.host_links() == "lo\nlxcxt-br0\n");
  CHECK(output_of("ip -o link show | wc -l", held.get()) == "1\n");
}

TEST_CASE("a fixed host name is free again for the next start, however soon it comes", "[net][veth][root]") {
  TestNetwork network;
  for (int i = 0; i < 5; ++i) {
    FakeCall call(dual_stack());  // with nothing recorded: the last run's journal is gone
    call.set("veth.pair", "lxcxt-web");
    REQUIRE_OK(veth().validate(call));
    REQUIRE_OK(veth().connect(call, network.container()));
    CHECK(call.result("host_name") == "lxcxt-web");
    network.end_container();
    REQUIRE_OK(veth().disconnect(call, -1));
    network.restart_container();
  }
}

TEST_CASE("a device that merely has the recorded name is left alone", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call(dual_stack());
  call.set("veth.pair", "lxcxt-web");
  REQUIRE_OK(veth().connect(call, network.container()));
  sh("ip link delete lxcxt-web && ip link add lxcxt-web type veth peer name lxcxt-other");
  REQUIRE_OK(veth().disconnect(call, network.container()));
  CHECK_THAT(network.host_links(), Contains("lxcxt-web"));
  CHECK_FALSE(veth().validate(call));
}

TEST_CASE("a pair that a restore made becomes ours", "[net][veth][root]") {
  TestNetwork network;
  const std::string before = network.host_state();
  sh("ip link set lxcxt-br0 mtu 1400");
  FakeCall call(dual_stack());
  // As criu makes it, from what it was inside; core has recorded the name alone.
  sh("ip link add lxcxt-back type veth peer name lan0");
  sh("ip link set lan0 netns /proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(network.container()) + " mtu 1400");
  sh("ip address add 10.77.0.2/24 dev lan0; ip link set lan0 up", network.container());
  call.records["host_name"] = "lxcxt-back";
  call.set("veth.pair", "lxcxt-back");
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK(call.result("name") == "lan0");
  CHECK(call.result("host_name") == "lxcxt-back");
  CHECK(call.records.contains("host_mac"));
  CHECK_THAT(output_of("ip -d link show lxcxt-back"),
             Contains("mtu 1400") && Contains("master lxcxt-br0") && Contains("link/ether fe:") && Contains("alias lxcx:web:0"));
  CHECK(reaches(network.container(), "10.77.0.1"));
  REQUIRE_OK(veth().disconnect(call, network.container()));
  sh("ip link set lxcxt-br0 mtu 1500");
  CHECK(network.host_state() == before);
}

TEST_CASE("a device that has the restored pair's name and another peer is left alone", "[net][veth][root]") {
  TestNetwork network;
  sh("ip link add lxcxt-back type veth peer name lxcxt-else");
  FakeCall call(dual_stack());
  call.records["host_name"] = "lxcxt-back";
  REQUIRE_OK(veth().connect(call, network.container()));
  CHECK(call.records.at("host_name") != "lxcxt-back");
  REQUIRE_OK(veth().disconnect(call, network.container()));
  CHECK_THAT(output_of("ip link show lxcxt-back"), Contains("lxcxt-else"));
  sh("ip link delete lxcxt-back");
}

TEST_CASE("a connect that fails half-way leaves nothing behind", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call(dual_stack());
  const std::string before = network.host_links();
  SECTION("because another device has the default route") {
    sh("ip link add other type veth peer name other2 && ip link set other up && ip address add 10.66.0.2/24 dev other && ip route add default via "
       "10.66.0.1",
       network.container());
    const auto connected = veth().connect(call, network.container());
    REQUIRE_FALSE(connected);
    CHECK(connected.error().code == Code::busy);
    CHECK_THAT(connected.error().message, Contains("RTM_NEWROUTE 0.0.0.0/0 via 10.77.0.1 dev 'eth0'"));
    CHECK(connected.error().sys_errno == EEXIST);
    CHECK_THAT(network.in_container("ip -o link show"), !Contains("eth0"));
  }
  SECTION("because the name inside is taken") {
    call.set("name", "lan0");
    sh("ip link add lan0 type bridge", network.container());
    const auto connected = veth().connect(call, network.container());
    REQUIRE_FALSE(connected);
    CHECK(connected.error().code == Code::busy);
    CHECK_THAT(connected.error().hint, Contains("the container has a device 'lan0' already"));
  }
  SECTION("because the journal takes no record") {
    call.refuses_records = true;
    REQUIRE_FALSE(veth().connect(call, network.container()));
  }
  SECTION("because IPv6 is turned off inside") {
    sh("echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6", network.container());
    const auto connected = veth().connect(call, network.container());
    REQUIRE_FALSE(connected);
    CHECK_THAT(connected.error().message, Contains("RTM_NEWADDR fd77::2/64 dev 'eth0'"));
  }
  SECTION("because the file descriptor is no network namespace") {
    const Fd wrong(::open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC));
    const std::string home = netns_id();
    const auto connected = veth().connect(call, wrong.get());
    REQUIRE_FALSE(connected);
    CHECK_THAT(connected.error().message, Contains("setns"));
    CHECK(netns_id() == home);
  }
  CHECK(network.host_links() == before);
}

TEST_CASE("traffic is counted as the container sees it", "[net][veth][root]") {
  TestNetwork network;
  FakeCall call(dual_stack());
  REQUIRE_OK(veth().connect(call, network.container()));
  REQUIRE(reaches(network.container(), "10.77.0.1"));
  sh("busybox ping -c 3 -s 1000 10.77.0.1", network.container());
  const auto counted = veth().statistics(call, network.container());
  REQUIRE_OK(counted);
  const auto sent = std::stoull(network.in_container("cat /proc/net/dev | sed -n 's/^ *eth0: *//p' | awk '{print $9}'"));
  CHECK(counted->tx_bytes >= 3000);
  CHECK(counted->tx_bytes <= sent);
  CHECK(counted->rx_bytes >= 3000);
  REQUIRE_OK(veth().disconnect(call, network.container()));
  CHECK_FALSE(veth().statistics(call, network.container()));
}

TEST_CASE("connecting is one message and its settings: the time it takes is printed", "[net][veth][root]") {
  TestNetwork network;
  using Clock = std::chrono::steady_clock;
  const auto milliseconds = [](Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); };
  std::vector<double> connects, disconnects_gone;
  for (int i = 0; i < 21; ++i) {
    FakeCall call(dual_stack());
    const auto begin = Clock::now();
    REQUIRE_OK(veth().connect(call, network.container()));
    connects.push_back(milliseconds(Clock::now() - begin));
    // A container runs for a while; the sockets of the connect are let go of by then (netlink_release() ends in an RCU callback).
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    network.end_container();
    const auto ended = Clock::now();
    REQUIRE_OK(veth().disconnect(call, -1));
    disconnects_gone.push_back(milliseconds(Clock::now() - ended));
    REQUIRE(soon([&] { return network.host_links() == "lo\nlxcxt-br0\n"; }));
    network.restart_container();
  }
  std::ranges::sort(connects);
  std::ranges::sort(disconnects_gone);
  std::printf("veth connect (dual stack): median %.2f ms, best %.2f; disconnect after the namespace: median %.2f ms\n", connects[10], connects[0],
              disconnects_gone[10]);
  CHECK(network.host_links() == "lo\nlxcxt-br0\n");
}
