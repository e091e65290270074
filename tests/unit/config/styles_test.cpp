// SPDX-License-Identifier: Apache-2.0
// Whole files in the styles that are found in the wild, written for this test: each loads, or is refused in words that can be acted on.
#include <catch2/catch.hpp>

#include "tests/support/config_text.hpp"
#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

const std::map<std::string, std::string> shipped{
    {"/c/common.conf", R"(# Default configuration shared by all containers
lxc.tty.dir = lxc
lxc.pty.max = 1024
lxc.tty.max = 4
lxc.cap.drop = mac_admin mac_override sys_time sys_module sys_rawio
lxc.hook.clone = /usr/share/lxc/hooks/clonehostname
lxc.cgroup.devices.deny = a
lxc.cgroup.devices.allow = c *:* m
lxc.cgroup2.devices.deny = a
lxc.cgroup2.devices.allow = c 1:3 rwm
lxc.mount.auto = cgroup:mixed proc:mixed sys:mixed
lxc.mount.entry = /sys/fs/fuse/connections sys/fs/fuse/connections none bind,optional 0 0
lxc.seccomp.profile = /usr/share/lxc/config/common.seccomp
lxc.include = /c/common.conf.d/
)"},
    {"/c/common.conf.d/00-fs.conf", "lxc.hook.mount = /usr/share/fs/mount.hook\nlxc.hook.post-stop = /usr/share/fs/reboot.hook\n"},
    {"/c/userns.conf", R"(lxc.cgroup.devices.deny =
lxc.cgroup.devices.allow =
lxc.cgroup2.devices.deny =
lxc.cgroup2.devices.allow =
lxc.cap.drop =
lxc.cap.keep =
lxc.tty.dir =
lxc.mount.auto = sys:rw
)"}};

}  // namespace

TEST_CASE("a container as a template makes it today", "[config][styles]") {
  const ParsedConfig parsed = test::parse(R"(
lxc.include = /c/common.conf
lxc.arch = linux64
lxc.rootfs.path = dir:/var/lib/lxc/web/rootfs
lxc.uts.name = web
lxc.net.0.type = veth
lxc.net.0.link = lxcbr0
lxc.net.0.flags = up
lxc.net.0.hwaddr = 00:16:3e:9f:1b:02
)",
                                          shipped);
  CHECK(parsed.diagnostics.empty());
  CHECK(parsed.config.cap_drop.size() == 5);
  CHECK(parsed.config.cgroup_v1.size() == 2);
  CHECK(parsed.config.hooks.by_type.size() == 3);
  CHECK(parsed.config.auto_mounts.sys == "mixed");
}

TEST_CASE("an unprivileged container undoes what the common part did", "[config][styles]") {
  const ParsedConfig parsed = test::parse(
      "lxc.include = /c/common.conf\nlxc.include = /c/userns.conf\nlxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 100000 65536\n", shipped);
  CHECK(parsed.diagnostics.empty());
  CHECK(parsed.config.cap_drop.empty());
  CHECK(parsed.config.cgroup_v1.empty());
  CHECK(parsed.config.cgroup_v2.empty());
  CHECK(parsed.config.tty_directory.empty());
  CHECK(parsed.config.auto_mounts.sys == "rw");
  CHECK(parsed.config.auto_mounts.proc == "mixed");
}

TEST_CASE("a file from before 2.1, with all its habits", "[config][styles]") {
  const ParsedConfig parsed = test::parse(R"(
# networking
lxc.network.type=veth
lxc.network.flags=up
lxc.network.link=br0
lxc.network.hwaddr = 00:16:3e:xx:xx:xx
lxc.network.ipv4 = 172.16.0.9/16 172.16.255.255
lxc.network.ipv4.gateway = auto
lxc.utsname = old
lxc.tty = 4
lxc.pts = 1024
lxc.autodev=1
lxc.kmsg=0
lxc.pivotdir = lxc_putold
lxc.rootfs = /srv/old/rootfs
lxc.rootfs.backend = dir
lxc.mount.entry = proc proc proc nodev,noexec,nosuid 0 0
lxc.cgroup.devices.allow = c 1:3 rwm	# /dev/null
lxc.id_map = u 0 100000 1000
lxc.id_map = u 1000 1000 1
lxc.id_map = u 1001 101001 64535
)");
  CHECK_FALSE(parsed.has_errors());
  CHECK(parsed.config.rootfs == "dir:/srv/old/rootfs");
  CHECK(parsed.config.nics[0].settings.size() == 5);
  CHECK(parsed.config.cgroup_v1[0].value == "c 1:3 rwm\t# /dev/null");
  CHECK(parsed.config.idmap.size() == 3);
  CHECK(test::parse(*print_config(parsed.config)).diagnostics.empty());
  CHECK(test::describe(test::parse(*print_config(parsed.config)).config) == test::describe(parsed.config));
}

TEST_CASE("a file that nobody filled in is refused with what to fill in", "[config][styles]") {
  const ParsedConfig parsed =
      test::parse("lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.idmap = u 0 <subuid> 65536\nlxc.mount.entry = /x LXC_ROOTFS/x none bind\n");
  CHECK(test::errors(parsed) ==
        std::vector<std::string>{"1:15 cannot include 'LXC_TEMPLATE_CONFIG/common.conf': this file is a template's, not yet filled in",
                                 "2:17 lxc.idmap: '<subuid>' is not a number from 0 to 4294967295"});
  CHECK(test::warnings(parsed).size() == 1);
}
