// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;
using test::errors;
using test::good;
using test::parse;
using test::warnings;

TEST_CASE("devices are kept by index, with their settings in order", "[config][network]") {
  const ContainerConfig config = good(
      "lxc.net.7.type = empty\nlxc.net.0.type = veth\nlxc.net.0.link = br0\nlxc.net.0.ipv4.address = 10.0.0.2/24\n"
      "lxc.net.0.ipv4.address = 10.0.0.3/24\nlxc.net.0.link = br1\nlxc.net.0.brand.new = yes\n");
  REQUIRE(config.nics.size() == 2);
  CHECK(config.nics[0].index == 0);
  CHECK(config.nics[0].type == "veth");
  CHECK(config.nics[0].where.line == 2);
  CHECK(config.nics[0].get("link") == "br1");
  CHECK(config.nics[0].get("brand.new") == "yes");
  CHECK(config.nics[0].settings.size() == 4);
  CHECK(config.nics[1].index == 7);
}

TEST_CASE("the type comes first, and resets the device", "[config][network]") {
  const ParsedConfig parsed = parse("lxc.net.0.link = br0\nlxc.net.0.type = veth\n");
  CHECK(errors(parsed) == std::vector<std::string>{"1:1 lxc.net.0.link: network device 0 has no type yet"});
  CHECK(parsed.diagnostics[0].hint == "put a line such as 'lxc.net.0.type = veth' above this one");
  const ContainerConfig reset = good("lxc.net.0.type = veth\nlxc.net.0.link = br0\nlxc.net.0.type = macvlan\n");
  CHECK(reset.nics[0].type == "macvlan");
  CHECK(reset.nics[0].settings.empty());
  CHECK(config_values(reset, "lxc.net.0.") == std::vector<std::string>{"macvlan"});
}

TEST_CASE("devices are cleared one by one, by their type, or all at once", "[config][network]") {
  const std::string two = "lxc.net.0.type = veth\nlxc.net.0.link = br0\nlxc.net.1.type = empty\n";
  CHECK(good(two + "lxc.net.0 =").nics.size() == 1);
  CHECK(good(two + "lxc.net.0.type =").nics[0].index == 1);
  CHECK(good(two + "lxc.net =").nics.empty());
  CHECK(good(two + "lxc.net.0.link =").nics[0].settings.empty());
  CHECK(good(two + "lxc.net.5 =").nics.size() == 2);
  CHECK(errors(parse(two + "lxc.net.0 =\nlxc.net.0.link = br0")).size() == 1);
  CHECK(errors(parse(two + "lxc.net =\nlxc.net.1.link = br0")).size() == 1);
}

TEST_CASE("known sub-keys are checked", "[config][network]") {
  struct Row {
    const char *type, *good_line, *bad_line;
  };
  const Row row = GENERATE(values<Row>({
      {"veth", "link = lxcbr0", "link = a/b"},
      {"veth", "link = lxcbr0", "link = a234567890123456"},
      {"veth", "name = eth0", "name = eth 0"},
      {"veth", "name = a23456789012345", "name = .."},
      {"veth", "hwaddr = 00:16:3e:xx:Xx:0F", "hwaddr = 00:16:3e:11:22"},
      {"veth", "hwaddr = 0x:16:3e:00:00:00", "hwaddr = 01:16:3e:00:00:00"},
      {"veth", "hwaddr = xx:xx:xx:xx:xx:xx", "hwaddr = 00-16-3e-00-00-00"},
      {"veth", "mtu = 1500", "mtu = big"},
      {"veth", "mtu = 1", "mtu = 0"},
      {"veth", "l2proxy = 1", "l2proxy = 2"},
      {"veth", "ipv4.address = 10.0.0.2", "ipv4.address = 10.0.0"},
      {"veth", "ipv4.address = 10.0.0.2/32", "ipv4.address = 10.0.0.2/33"},
      {"veth", "ipv4.address = 10.0.0.2/24 10.0.0.255", "ipv4.address = 10.0.0.2/24 10.0.0"},
      {"veth", "ipv4.address = 10.0.0.2/24", "ipv4.address = 10.0.0.2/24 10.0.0.255 x"},
      {"veth", "ipv4.gateway = auto", "ipv4.gateway = none"},
      {"veth", "ipv4.gateway = 10.0.0.1", "ipv4.gateway = fd00::1"},
      {"veth", "ipv6.address = fd00::2", "ipv6.address = fd00::2/129"},
      {"veth", "ipv6.address = fd00::2/128", "ipv6.address = 10.0.0.1"},
      {"veth", "ipv6.gateway = dev", "ipv6.gateway = x"},
      {"veth", "veth.mode = router", "veth.mode = bridged"},
      {"veth", "veth.pair = v0", "veth.pair = a:b"},
      {"veth", "veth.n_rxqueues = 8", "veth.n_rxqueues = 0"},
      {"veth", "veth.n_txqueues = 8", "veth.n_txqueues = -8"},
      {"veth", "veth.ipv4.route = 10.0.0.0/8", "veth.ipv4.route = 10.0.0.0"},
      {"veth", "veth.ipv6.route = fd00::/8", "veth.ipv6.route = fd00::"},
      {"veth", "veth.vlan.id = none", "veth.vlan.id = 4095"},
      {"veth", "veth.vlan.id = 1", "veth.vlan.id = 0"},
      {"veth", "veth.vlan.tagged.id = 4094", "veth.vlan.tagged.id = none"},
      {"veth", "veth.vlan.tagged.id = 1", "veth.vlan.tagged.id = 0"},
      {"macvlan", "macvlan.mode = passthru", "macvlan.mode = passthrough"},
      {"ipvlan", "ipvlan.mode = l3s", "ipvlan.mode = l4"},
      {"ipvlan", "ipvlan.isolation = vepa", "ipvlan.isolation = none"},
      {"vlan", "vlan.id = 100", "vlan.id = 70000"},
      {"vlan", "vlan.id = 0", "vlan.id = 4095"},
      {"phys", "link = eth+", "link = eth+/x"},
      {"macvlan", "macvlan.mode = vepa", "veth.mode = bridge"},
      {"veth", "veth.mode = bridge", "macvlan.mode = vepa"},
  }));
  CAPTURE(row.type, row.good_line, row.bad_line);
  const std::string head = std::string("lxc.net.0.type = ") + row.type + "\nlxc.net.0.";
  CHECK(parse(head + row.good_line).diagnostics.empty());
  CHECK(errors(parse(head + row.bad_line)).size() == 1);
}

TEST_CASE("another plugin's type may have any sub-key", "[config][network]") {
  CHECK(parse("lxc.net.0.type = wireguard\nlxc.net.0.veth.mode = router\nlxc.net.0.peer.key = abc=\n").diagnostics.empty());
  CHECK(parse("lxc.net.0.type = Veth").has_errors());
  CHECK(parse("lxc.net.0.type = ../veth").has_errors());
}

TEST_CASE("harmless oddities are said and accepted", "[config][network]") {
  CHECK(warnings(parse("lxc.net.0.type = veth\nlxc.net.0.flags = down")).size() == 1);
  CHECK(warnings(parse("lxc.net.0.type = macvlan\nlxc.net.0.veth.pair = x")).size() == 1);
}

TEST_CASE("an index is a plain number", "[config][network]") {
  CHECK(good("lxc.net.2147483646.type = empty").nics[0].index == 2147483646U);
  for (const char* bad : {"lxc.net.2147483647.type = empty", "lxc.net.00.type = empty", "lxc.net.x.type = empty", "lxc.net.-1.type = empty",
                          "lxc.net.type = empty", "lxc.net.0x1.type = empty", "lxc.net.link =", "lxc.net. = 1", "lxc.net.0 = veth"}) {
    CAPTURE(bad);
    CHECK(errors(parse(bad)).size() == 1);
  }
}

TEST_CASE("there is an end to devices", "[config][network]") {
  std::string text;
  for (int i = 0; i < 1025; ++i) text += "lxc.net." + std::to_string(i) + ".type = empty\n";
  CHECK(errors(parse(text)) == std::vector<std::string>{"1025:1 lxc.net.1024.type: more than 1024 network devices"});
}
