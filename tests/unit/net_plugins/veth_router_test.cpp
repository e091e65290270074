// SPDX-License-Identifier: Apache-2.0
#include "plugin_under_test.hpp"
#include "test_network.hpp"

using namespace lxcx;
using namespace lxcx::test;
using Catch::Matchers::Contains;

namespace {

/// A neighbouring machine on a wire of its own: the host's lxcxt-up is 10.50.0.1 and fd50::1, the neighbour .2 and ::2.
class Routed : public TestNetwork {
 public:
  Routed() : neighbour_(fresh_netns()) {
    sh("ip link add lxcxt-up type veth peer name lxcxt-far && ip link set lxcxt-up up && ip address add 10.50.0.1/24 dev lxcxt-up && "
       "ip -6 address add fd50::1/64 dev lxcxt-up nodad && echo 1 > /proc/sys/net/ipv6/conf/all/forwarding && echo 1 > /proc/sys/net/ipv4/ip_forward "
       "&& "
       "echo 1 > /proc/sys/net/ipv6/conf/lxcxt-up/proxy_ndp && echo 0 > /proc/sys/net/ipv4/neigh/lxcxt-up/proxy_delay && "
       "echo 0 > /proc/sys/net/ipv6/neigh/lxcxt-up/proxy_delay");
    sh("ip link set lxcxt-far netns /proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(neighbour_.get()));
    sh("ip link set lxcxt-far up && ip address add 10.50.0.2/24 dev lxcxt-far && ip -6 address add fd50::2/64 dev lxcxt-far nodad", neighbour_.get());
  }
  int neighbour() const { return neighbour_.get(); }

 private:
  Fd neighbour_;
};

}  // namespace

TEST_CASE("a routed container reaches the host's gateway and is reached through it", "[net][veth][router][root]") {
  Routed network;
  const PluginUnderTest veth(LXCX_NETWORK_VETH);
  FakeCall call({{"link", "lxcxt-up"},
                 {"veth.mode", "router"},
                 {"flags", "up"},
                 {"ipv4.address", "10.77.1.2/32"},
                 {"ipv4.gateway", "auto"},
                 {"ipv6.address", "fd71::2/128"},
                 {"ipv6.gateway", "auto"},
                 {"veth.ipv4.route", "10.90.0.0/16"},
                 {"veth.ipv6.route", "fd90::/48"}});
  const std::string before = network.host_state();
  REQUIRE_OK(veth.validate(call));
  REQUIRE_OK(veth.connect(call, network.container()));
  const std::string host = call.result("host_name");
  CHECK_THAT(output_of("ip route; ip -6 route"), Contains("10.77.1.2 dev " + host) && Contains("fd71::2 dev " + host) &&
                                                     Contains("10.90.0.0/16 dev " + host) && Contains("fd90::/48 dev " + host));
  CHECK_THAT(output_of("ip neigh show proxy; ip -6 neigh show proxy"), Contains("10.50.0.1 dev " + host) && Contains("fd50::1 dev " + host));
  CHECK_THAT(output_of("ip -d link show " + host), !Contains("master"));
  sh("ip route add 10.77.1.2/32 via 10.50.0.1 && ip -6 route add fd71::2/128 via fd50::1", network.neighbour());
  CHECK(reaches(network.container(), "10.50.0.2"));
  CHECK(reaches(network.container(), "fd50::2"));
  CHECK(reaches(network.neighbour(), "10.77.1.2"));
  REQUIRE_OK(veth.connect(call, network.container()));
  REQUIRE_OK(veth.disconnect(call, network.container()));
  CHECK(network.host_state() == before);
}

TEST_CASE("with l2proxy the link answers for the container, and no longer once it has gone", "[net][veth][l2proxy][root]") {
  Routed network;
  const PluginUnderTest veth(LXCX_NETWORK_VETH);
  sh("ip neigh add proxy 10.50.0.9 dev lxcxt-up");
  FakeCall call({{"link", "lxcxt-up"},
                 {"veth.mode", "router"},
                 {"flags", "up"},
                 {"l2proxy", "1"},
                 {"ipv4.address", "10.50.0.8/32"},
                 {"ipv4.address", "10.50.0.9/32"},
                 {"ipv4.gateway", "auto"},
                 {"ipv6.address", "fd50::8/128"},
                 {"ipv6.gateway", "auto"}});
  const std::string before = network.host_state();
  REQUIRE_OK(veth.connect(call, network.container()));
  CHECK(reaches(network.neighbour(), "10.50.0.8"));
  CHECK(reaches(network.neighbour(), "fd50::8"));
  REQUIRE_OK(veth.connect(call, network.container()));
  network.end_container();
  REQUIRE_OK(veth.disconnect(call, -1));
  CHECK(network.host_state() == before);
  CHECK_THAT(network.host_state(), Contains("10.50.0.9 dev lxcxt-up proxy"));
}
