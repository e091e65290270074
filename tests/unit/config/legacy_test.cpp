// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/support/config_text.hpp"
#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;
using test::errors;
using test::parse;
using test::warnings;

TEST_CASE("an old name means its new one, with a warning that says which", "[config][legacy]") {
  struct Row {
    const char *old_name, *new_name, *value;
  };
  const Row row = GENERATE(values<Row>({
      {"lxc.rootfs", "lxc.rootfs.path", "/r"},
      {"lxc.id_map", "lxc.idmap", "u 0 1 2"},
      {"lxc.pts", "lxc.pty.max", "1024"},
      {"lxc.tty", "lxc.tty.max", "4"},
      {"lxc.devttydir", "lxc.tty.dir", "lxc"},
      {"lxc.aa_profile", "lxc.apparmor.profile", "unconfined"},
      {"lxc.aa_allow_incomplete", "lxc.apparmor.allow_incomplete", "1"},
      {"lxc.se_context", "lxc.selinux.context", "a:b"},
      {"lxc.mount", "lxc.mount.fstab", "/f"},
      {"lxc.utsname", "lxc.uts.name", "web"},
      {"lxc.seccomp", "lxc.seccomp.profile", "/s"},
      {"lxc.console", "lxc.console.path", "none"},
      {"lxc.haltsignal", "lxc.signal.halt", "SIGPWR"},
      {"lxc.rebootsignal", "lxc.signal.reboot", "1"},
      {"lxc.stopsignal", "lxc.signal.stop", "9"},
      {"lxc.syslog", "lxc.log.syslog", "daemon"},
      {"lxc.loglevel", "lxc.log.level", "1"},
      {"lxc.logfile", "lxc.log.file", "/l"},
      {"lxc.init_cmd", "lxc.init.cmd", "/i"},
      {"lxc.init_uid", "lxc.init.uid", "5"},
      {"lxc.init_gid", "lxc.init.gid", "5"},
      {"lxc.limit.nofile", "lxc.prlimit.nofile", "10"},
      {"lxc.network.3.type", "lxc.net.3.type", "veth"},
      {"lxc.network.type", "lxc.net.0.type", "veth"},
  }));
  CAPTURE(row.old_name);
  const ParsedConfig old_style = parse(std::string(row.old_name) + " = " + row.value);
  const ParsedConfig new_style = parse(std::string(row.new_name) + " = " + row.value);
  CHECK(test::describe(old_style.config) == test::describe(new_style.config));
  CHECK_FALSE(new_style.config.settings.empty());
  CHECK(new_style.diagnostics.empty());
  CHECK(warnings(old_style) == std::vector<std::string>{std::string("1:1 ") + row.old_name + " is called " + row.new_name + " since LXC 2.1"});
  CHECK(old_style.diagnostics[0].hint == std::string("write ") + row.new_name + " = " + row.value);
}

TEST_CASE("each lxc.network.type begins the next device", "[config][legacy]") {
  const ParsedConfig parsed = parse(R"(
lxc.network.type = veth
lxc.network.link = br0
lxc.network.ipv4 = 10.0.0.2/24
lxc.network.ipv4.gateway = 10.0.0.1
lxc.network.ipv6 = fd00::2/64
lxc.network.script.up = /up
lxc.network.type = macvlan
lxc.network.macvlan.mode = bridge
)");
  CHECK_FALSE(parsed.has_errors());
  REQUIRE(parsed.config.nics.size() == 2);
  CHECK(parsed.config.nics[0].get("ipv4.address") == "10.0.0.2/24");
  CHECK(parsed.config.nics[0].get("ipv4.gateway") == "10.0.0.1");
  CHECK(parsed.config.nics[0].get("ipv6.address") == "fd00::2/64");
  CHECK(parsed.config.nics[0].get("script.up") == "/up");
  CHECK(parsed.config.nics[1].type == "macvlan");
  CHECK(parsed.config.nics[1].get("macvlan.mode") == "bridge");
}

TEST_CASE("an old device takes a number that no new one has", "[config][legacy]") {
  const ParsedConfig parsed = parse("lxc.include = /default.conf\nlxc.network.type = macvlan\nlxc.network.link = eth0\n",
                                    {{"/default.conf", "lxc.net.0.type = veth\nlxc.net.0.link = lxcbr0\n"}});
  REQUIRE(parsed.config.nics.size() == 2);
  CHECK(parsed.config.nics[0].get("link") == "lxcbr0");
  CHECK(parsed.config.nics[1].get("link") == "eth0");
}

TEST_CASE("an old sub-key before any type is an error that shows the way", "[config][legacy]") {
  const ParsedConfig parsed = parse("lxc.network.link = br0\nlxc.network.type = veth\n");
  CHECK(errors(parsed).size() == 1);
  CHECK(parsed.diagnostics[0].hint == "put 'lxc.net.0.type = veth' above it, and write lxc.net.0.link");
}

TEST_CASE("an empty lxc.network removes all devices", "[config][legacy]") {
  CHECK(parse("lxc.network.type = veth\nlxc.network =\n").config.nics.empty());
}

TEST_CASE("lxc.rootfs.backend becomes the type of the root file system, wherever it stands", "[config][legacy]") {
  CHECK(parse("lxc.rootfs = /r\nlxc.rootfs.backend = btrfs").config.rootfs == "btrfs:/r");
  CHECK(parse("lxc.rootfs.backend = btrfs\nlxc.rootfs = /r").config.rootfs == "btrfs:/r");
  CHECK(parse("lxc.rootfs = overlayfs:/a:/b\nlxc.rootfs.backend = overlayfs").config.rootfs == "overlayfs:/a:/b");
  CHECK(parse("lxc.rootfs = /r").config.rootfs == "/r");
  CHECK(parse("lxc.rootfs.backend = dir").config.rootfs.empty());
  CHECK(errors(parse("lxc.rootfs = /r\nlxc.rootfs.backend = b\x04")).size() == 1);
}

TEST_CASE("keys that stopped meaning anything are accepted with a warning", "[config][legacy]") {
  CHECK(warnings(parse("lxc.kmsg = 0\nlxc.pivotdir = x")) ==
        std::vector<std::string>{"1:1 lxc.kmsg has no effect any more", "2:1 lxc.pivotdir has no effect any more"});
}

TEST_CASE("an old name with a bad value is an error at the value", "[config][legacy]") {
  CHECK(errors(parse("lxc.tty = many")) == std::vector<std::string>{"1:11 lxc.tty.max: 'many' is not a number from 0 to 4294967295"});
}
