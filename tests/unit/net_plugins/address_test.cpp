// SPDX-License-Identifier: Apache-2.0
#include "net-common/address.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "net-common/link.hpp"
#include "net-common/random.hpp"

using namespace lxcx;
using namespace lxcx::net;

namespace {
InterfaceAddress v4(std::string_view text) { return parse_interface_address(Family::ipv4, text).value(); }
InterfaceAddress v6(std::string_view text) { return parse_interface_address(Family::ipv6, text).value(); }
}  // namespace

TEST_CASE("an address keeps its prefix and broadcast address", "[net][address]") {
  CHECK(v4("10.0.3.20/24").subnet.text() == "10.0.3.20/24");
  CHECK(v4("10.0.3.20/24").broadcast->text() == "10.0.3.255");
  CHECK(v4("10.0.3.20/20").broadcast->text() == "10.0.15.255");
  CHECK(v4("10.0.3.20/24 10.0.3.0").broadcast->text() == "10.0.3.0");
  CHECK(v4("10.0.3.20/24 \t 10.0.3.7").broadcast->text() == "10.0.3.7");
  CHECK(v6("fd77::2/48").subnet.text() == "fd77::2/48");
  CHECK_FALSE(v6("fd77::2/48").broadcast);
}

TEST_CASE("a point-to-point prefix has no broadcast address", "[net][address]") {
  CHECK_FALSE(v4("10.0.0.1/31").broadcast);
  CHECK_FALSE(v4("10.0.0.1/32").broadcast);
  CHECK(v4("10.0.0.1/30").broadcast->text() == "10.0.0.3");
}

TEST_CASE("an address without a prefix gets its class's, as LXC has it", "[net][address]") {
  CHECK(v4("10.1.2.3").subnet.prefix == 8);
  CHECK(v4("172.16.0.1").subnet.prefix == 16);
  CHECK(v4("192.168.1.1").subnet.prefix == 24);
  CHECK(v6("fd77::2").subnet.prefix == 64);
}

TEST_CASE("what is no address of a device is refused", "[net][address]") {
  const char* text =
      GENERATE("", "/24", "10.0.0", "10.0.0.256/24", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/2 4", "10.0.0.1/24x", "10.0.0.1/24 ",
               "10.0.0.1/24 10.0.0.300", "fd77::1/64", "0.0.0.0/0", "224.0.0.1/24", "10.0.0.1 /24", "host/24", "010.0.0.1/24");
  CAPTURE(text);
  const auto parsed = parse_interface_address(Family::ipv4, text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == Code::config);
}

TEST_CASE("what is no IPv6 address of a device is refused", "[net][address]") {
  const char* text =
      GENERATE("", "10.0.0.1/24", "fd77:::1/64", "fd77::1/129", "fd77::1/64 fd77::ff", "ff02::1/64", "::/0", "fd77::g/64", "fe80::1%eth0/64");
  CAPTURE(text);
  CHECK_FALSE(parse_interface_address(Family::ipv6, text));
}

TEST_CASE("a NUL inside an address does not hide what follows it", "[net][address]") {
  CHECK_FALSE(parse_ip(Family::ipv4, std::string_view("10.0.0.1\0junk", 13)));
}

TEST_CASE("a subnet contains what shares its prefix", "[net][address]") {
  const Subnet subnet{parse_ip(Family::ipv4, "10.0.16.1").value(), 20};
  CHECK(subnet.contains(parse_ip(Family::ipv4, "10.0.31.254").value()));
  CHECK_FALSE(subnet.contains(parse_ip(Family::ipv4, "10.0.32.1").value()));
  CHECK_FALSE(subnet.contains(parse_ip(Family::ipv6, "fd77::1").value()));
}

TEST_CASE("a route names a network, and the refusal of another says which", "[net][address]") {
  CHECK(parse_route(Family::ipv4, "10.9.0.0/16")->text() == "10.9.0.0/16");
  CHECK(parse_route(Family::ipv6, "::/0")->text() == "::/0");
  CHECK_FALSE(parse_route(Family::ipv4, "10.9.0.0"));
  const auto host_bits = parse_route(Family::ipv4, "10.9.3.1/20");
  REQUIRE_FALSE(host_bits);
  CHECK(host_bits.error().hint == "write 10.9.0.0/20");
}

TEST_CASE("a MAC address is read and written the same", "[net][mac]") {
  CHECK(to_text(parse_mac("00:16:3E:aB:00:9f").value()) == "00:16:3e:ab:00:9f");
  CHECK_FALSE(parse_mac("00:16:3e:xx:00:9f"));
  CHECK(check_mac_template("00:16:3e:xx:Xx:xX"));
}

TEST_CASE("what no device can have as its MAC address is refused", "[net][mac]") {
  const char* text = GENERATE("", "00:16:3e:00:00", "00:16:3e:00:00:000", "00-16-3e-00-00-01", "0:16:3e:0:0:1:aaaa", "gg:16:3e:00:00:01",
                              "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "x1:16:3e:00:00:01", "00:16:3e:00:00:0y");
  CAPTURE(text);
  CHECK_FALSE(check_mac_template(text));
}

TEST_CASE("filling in a MAC template gives unicast addresses that differ and keep the given digits", "[net][mac]") {
  std::set<std::string> seen;
  for (int i = 0; i < 64; ++i) {
    const Mac mac = fill_mac("xx:16:3e:xx:xx:xx");
    CHECK((mac[0] & 1) == 0);
    CHECK(matches_template(to_text(mac), "xX:16:3E:xx:xx:xx"));
    seen.insert(to_text(mac));
  }
  CHECK(seen.size() > 60);
  CHECK_FALSE(matches_template("00:16:3e:00:00:01", "00:16:3f:xx:xx:xx"));
  CHECK_FALSE(matches_template("", "00:16:3f:xx:xx:xx"));
}

TEST_CASE("a device's name is what the kernel takes", "[net][name]") {
  CHECK(check_device_name("eth0"));
  CHECK(check_device_name("abcdefghijklmno"));
  CHECK(check_device_name("vlan.100"));
  for (const char* name : {"", "abcdefghijklmnop", "a/b", "a b", "a\tb", "a:b", "eth%d", ".", "..", "all", "default", "lo"}) {
    CAPTURE(name);
    CHECK_FALSE(check_device_name(name));
  }
}

TEST_CASE("a random name is as long as a device's name may be, or shorter", "[net][name]") {
  CHECK(random_name("veth").size() == 10);
  CHECK(check_device_name(random_name("veth")));
  CHECK(random_name("veth") != random_name("veth"));
}
