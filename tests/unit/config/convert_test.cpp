// SPDX-License-Identifier: Apache-2.0
#include "core/config/convert.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

std::string converted(std::string_view text, const std::map<std::string, std::string>& files = {}) {
  const Result<Conversion> result = convert_config(text, "config", test::files(files));
  INFO((result ? "" : result.error().message + result.error().details));
  REQUIRE(result);
  return result->text;
}

}  // namespace

TEST_CASE("names from before 2.1 become today's, and everything around them stays", "[config][convert]") {
  CHECK(converted("# old\n  lxc.utsname=web\nlxc.tty\t= 4\n\nlxc.limit.nofile = 5\nwords\nlxc.hook.start = 'a'") ==
        "# old\n  lxc.uts.name=web\nlxc.tty.max\t= 4\n\nlxc.prlimit.nofile = 5\nwords\nlxc.hook.start = 'a'");
  CHECK(converted("lxc.network.type = veth\r\nlxc.network.ipv4 = 10.0.0.1/24\r\nlxc.network.type = empty\r\n") ==
        "lxc.net.0.type = veth\r\nlxc.net.0.ipv4.address = 10.0.0.1/24\r\nlxc.net.1.type = empty\r\n");
  CHECK(converted("lxc.kmsg = 0\nlxc.tty = 1\nlxc.pivotdir = a\n") == "lxc.tty.max = 1\n");
}

TEST_CASE("a backend becomes part of the path", "[config][convert]") {
  CHECK(converted("lxc.rootfs = /a\nlxc.rootfs.backend = overlay\n") == "lxc.rootfs.path = overlay:/a\n");
  CHECK(converted("lxc.rootfs.backend = btrfs\n  lxc.rootfs=/a\n") == "  lxc.rootfs.path = btrfs:/a\n");
  CHECK(converted("lxc.rootfs = /a\n") == "lxc.rootfs.path = /a\n");
  CHECK(converted("lxc.rootfs = overlayfs:/a:/b\nlxc.rootfs.backend = overlayfs\n") == "lxc.rootfs.path = overlayfs:/a:/b\n");
}

TEST_CASE("commented-out settings are renamed too, and words are not", "[config][convert]") {
  CHECK(converted("#lxc.tty = 4\n## lxc.utsname = a\n# lxc.tty is old\n# lxc.tty.max = 1\n# lxc.bogus = 1\n#lxc.kmsg = 1\n") ==
        "#lxc.tty.max = 4\n## lxc.uts.name = a\n# lxc.tty is old\n# lxc.tty.max = 1\n# lxc.bogus = 1\n#lxc.kmsg = 1\n");
  CHECK(converted("#lxc.network.link = c\nlxc.network.type = veth\n#lxc.network.link = a\n#lxc.network.type = macvlan\n#lxc.network.link = b\n"
                  "lxc.network.type = empty\n#lxc.network.mtu = 1500\n") ==
        "#lxc.network.link = c\nlxc.net.0.type = veth\n#lxc.net.0.link = a\n#lxc.net.2.type = macvlan\n#lxc.net.2.link = b\n"
        "lxc.net.1.type = empty\n#lxc.net.1.mtu = 1500\n");
}

TEST_CASE("a second time changes nothing", "[config][convert]") {
  const std::string once = converted("#lxc.tty = 4\nlxc.utsname = web\nlxc.network.type = veth\n#lxc.network.type = vlan\nlxc.rootfs = /a\n");
  const Result<Conversion> twice = convert_config(once, "config", test::files({}));
  REQUIRE(twice);
  CHECK(twice->changes.empty());
  CHECK(twice->text == once);
}

TEST_CASE("every change is told", "[config][convert]") {
  const Result<Conversion> conversion = convert_config("lxc.tty = 1\nlxc.kmsg = 0\n", "config", test::files({}));
  REQUIRE(conversion);
  REQUIRE(conversion->changes.size() == 2);
  CHECK(conversion->changes[0].line == 1);
  CHECK(conversion->changes[0].before == "lxc.tty = 1");
  CHECK(conversion->changes[0].after == "lxc.tty.max = 1");
  CHECK_FALSE(conversion->changes[1].after);
}

TEST_CASE("what has errors, or cannot keep its meaning, is not converted", "[config][convert]") {
  const Result<Conversion> bad = convert_config("lxc.utsname = web\nlxc.tty = many\n", "config", test::files({}));
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == Code::config);
  CHECK_THAT(bad.error().details, Catch::Contains("'many' is not a number"));
  // The backend is in this file, and the root file system in another.
  const Result<Conversion> split =
      convert_config("lxc.include = /r\nlxc.rootfs.backend = overlay\n", "config", test::files({{"/r", "lxc.rootfs = /a\n"}}));
  REQUIRE_FALSE(split);
  CHECK_THAT(split.error().message, Catch::Contains("without a change of what it means"));
}

TEST_CASE("old names of an include are told, not changed", "[config][convert]") {
  const Result<Conversion> conversion = convert_config("lxc.include = /r\n", "config", test::files({{"/r", "lxc.tty = 1\n"}}));
  REQUIRE(conversion);
  CHECK(conversion->changes.empty());
  REQUIRE(conversion->warnings.size() == 1);
  CHECK_THAT(conversion->warnings[0], Catch::StartsWith("/r:1:1: warning: lxc.tty is called lxc.tty.max"));
}
