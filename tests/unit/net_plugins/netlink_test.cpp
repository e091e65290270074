// SPDX-License-Identifier: Apache-2.0
#include "net-common/netlink.hpp"

#include "net-common/link.hpp"
#include "test_network.hpp"

using namespace lxcx;
using namespace lxcx::net;
using Catch::Matchers::Contains;

TEST_CASE("an error names the call and the object, and says what the kernel said", "[net][netlink][root]") {
  test::TestNetwork network;
  Netlink host = Netlink::open().value();
  Message message(RTM_NEWLINK, 0);
  message.header<ifinfomsg>().ifi_index = static_cast<int>(find_link(host, "lxcxt-br0").value()->index);
  message.put_u32(IFLA_MTU, 70000);
  const auto refused = host.request(message, "RTM_NEWLINK mtu 'lxcxt-br0'");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sys_errno == EINVAL);
  CHECK_THAT(refused.error().message, Contains("RTM_NEWLINK mtu 'lxcxt-br0' (the kernel says: mtu greater than device maximum)"));
}

TEST_CASE("a socket stays in the namespace it was opened in", "[net][netlink][root]") {
  test::TestNetwork network;
  const std::string home = test::netns_id();
  Netlink inside = Netlink::open_in(network.container()).value();
  CHECK(test::netns_id() == home);
  CHECK(all_links(inside).value().size() == 1);
  CHECK_FALSE(find_link(inside, "lxcxt-br0").value());
  CHECK(all_links(inside).value()[0].is_loopback);
}

TEST_CASE("a dump of more devices than fit one message is whole", "[net][netlink][root]") {
  test::TestNetwork network;
  test::sh("i=0; while [ $i -lt 60 ]; do echo link add lxcxt-d$i type bridge; i=$((i+1)); done | ip -batch -");
  Netlink host = Netlink::open().value();
  CHECK(all_links(host).value().size() == 62);
}

TEST_CASE("a device is found by name, alternative name and index, and its absence is no error", "[net][netlink][root]") {
  test::TestNetwork network;
  test::sh("ip link property add dev lxcxt-br0 altname lxcxt-a-name-longer-than-fifteen");
  Netlink host = Netlink::open().value();
  const unsigned index = find_link(host, "lxcxt-br0").value()->index;
  CHECK(find_link(host, "lxcxt-a-name-longer-than-fifteen").value()->index == index);
  CHECK(find_link(host, index).value()->name == "lxcxt-br0");
  CHECK_FALSE(find_link(host, "lxcxt-none").value());
  CHECK_FALSE(find_link(host, "").value());
  CHECK_FALSE(find_link(host, 9999u).value());
  CHECK(is_free_name("lxcxt-none"));
  CHECK_FALSE(is_free_name("lxcxt-br0"));
}
