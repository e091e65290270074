// SPDX-License-Identifier: Apache-2.0
#include "plugin_under_test.hpp"
#include "test_network.hpp"

using namespace lxcx;
using namespace lxcx::test;
using Catch::Matchers::Contains;

TEST_CASE("empty brings loopback up if asked, and only then", "[net][empty][root]") {
  TestNetwork network;
  const PluginUnderTest empty(LXCX_NETWORK_EMPTY);
  FakeCall call;
  const std::string home = netns_id();
  const bool up = GENERATE(true, false);
  if (up) call.set("flags", "up");
  REQUIRE_OK(empty.validate(call));
  REQUIRE_OK(empty.connect(call, network.container()));
  REQUIRE_OK(empty.connect(call, network.container()));
  CHECK(netns_id() == home);
  CHECK(call.result("name") == "lo");
  CHECK(reaches(network.container(), "127.0.0.1") == up);
  REQUIRE_OK(empty.disconnect(call, network.container()));
  REQUIRE_OK(empty.disconnect(call, -1));
}

TEST_CASE("empty refuses another name than lo and flags that are none", "[net][empty]") {
  const PluginUnderTest empty(LXCX_NETWORK_EMPTY);
  FakeCall named(FakeCall::Settings{{"name", "eth0"}}), flagged(FakeCall::Settings{{"flags", "down"}}), lo(FakeCall::Settings{{"name", "lo"}});
  CHECK_THAT(empty.validate(named).error().message, Contains("lxc.net.0.name"));
  CHECK_THAT(empty.validate(flagged).error().message, Contains("lxc.net.0.flags"));
  CHECK(empty.validate(lo));
  CHECK(lo.log_lines.empty());
}

TEST_CASE("none touches nothing", "[net][none][root]") {
  TestNetwork network;
  const PluginUnderTest none(LXCX_NETWORK_NONE);
  const std::string before = network.host_state();
  FakeCall call(FakeCall::Settings{{"flags", "up"}});
  REQUIRE_OK(none.validate(call));
  REQUIRE_OK(none.connect(call, -1));
  REQUIRE_OK(none.disconnect(call, -1));
  CHECK(network.host_state() == before);
  CHECK(call.results.empty());
  CHECK(call.log_lines.empty());
}

TEST_CASE("types without a device warn of keys that only a device would heed", "[net][none][empty]") {
  const char* library = GENERATE(LXCX_NETWORK_NONE, LXCX_NETWORK_EMPTY);
  const PluginUnderTest plugin(library);
  FakeCall call({{"link", "lxcbr0"}, {"ipv4.address", "10.0.0.1"}});
  REQUIRE_OK(plugin.validate(call));
  REQUIRE(call.log_lines.size() == 2);
  CHECK_THAT(call.log_lines[0], Contains("lxc.net.0.link has no effect"));
}
