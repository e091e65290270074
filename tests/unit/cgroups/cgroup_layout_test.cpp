// SPDX-License-Identifier: Apache-2.0
#include "core/cgroup/cgroup_layout.hpp"

#include <catch2/catch.hpp>

using namespace lxcx;
using namespace lxcx::core;
using Strings = std::vector<std::string>;

namespace {

constexpr const char* v1_mounts =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,release_agent=/x,name=systemd\n";
constexpr const char* v2_mount = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

}  // namespace

TEST_CASE("mountinfo tells the hierarchies and the layout", "[cgroup_layout]") {
  const auto v1 = parse_cgroup_mounts(v1_mounts, {});
  REQUIRE(v1.size() == 3);
  CHECK(v1[0].controllers == Strings{"cpu", "cpuacct"});
  CHECK(v1[0].mount_point == "/sys/fs/cgroup/cpu,cpuacct");
  CHECK(v1[2].controllers == Strings{"name=systemd"});
  CHECK(layout_of(v1) == CgroupLayout::v1);
  CHECK(layout_of(parse_cgroup_mounts(std::string(v1_mounts) + v2_mount, {})) == CgroupLayout::hybrid);
  const auto v2 = parse_cgroup_mounts(v2_mount, {"memory"});
  REQUIRE(v2.size() == 1);
  CHECK(v2[0].is_v2);
  CHECK(v2[0].controllers == Strings{"memory"});
  CHECK(layout_of(v2) == CgroupLayout::v2);
  CHECK(layout_of(parse_cgroup_mounts("27 1 254:0 / / rw - ext4 /dev/vda rw\nnonsense\n - cgroup\n", {})) == CgroupLayout::none);
}

TEST_CASE("a second mount of a hierarchy is not a second hierarchy", "[cgroup_layout]") {
  const auto found = parse_cgroup_mounts(std::string(v1_mounts) + "90 31 0:32 / /mnt/memory rw - cgroup cgroup rw,memory\n", {});
  CHECK(found.size() == 3);
  CHECK(found[1].mount_point == "/sys/fs/cgroup/memory");
}

TEST_CASE("escaped mount points are read back", "[cgroup_layout]") {
  const auto found = parse_cgroup_mounts("35 31 0:32 / /a\\040b\\134c rw - cgroup2 cgroup2 rw\n", {});
  REQUIRE(found.size() == 1);
  CHECK(found[0].mount_point == "/a b\\c");
}

TEST_CASE("bases come from the membership, without init.scope", "[cgroup_layout]") {
  auto found = parse_cgroup_mounts(std::string(v1_mounts) + v2_mount, {});
  place_bases(found, "9:name=systemd:/init.scope\n4:memory:/user.slice/a:b\n3:cpuacct,cpu:/\n0::/init.scope\n");
  REQUIRE(found.size() == 4);
  CHECK(found[0].base.empty());
  CHECK(found[1].base == "/user.slice/a:b");
  CHECK(found[2].base.empty());
  CHECK(found[3].base.empty());
  CHECK(group_directory(found[1], "lxc.payload.web") == "/sys/fs/cgroup/memory/user.slice/a:b/lxc.payload.web");
  CHECK(group_directory(found[3], "lxc.payload.web") == "/sys/fs/cgroup/unified/lxc.payload.web");
}

TEST_CASE("a mount that shows a part of a hierarchy only gives paths within it", "[cgroup_layout]") {
  auto inside = parse_cgroup_mounts("35 31 0:32 /lxc.payload.x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", {});
  place_bases(inside, "4:memory:/lxc.payload.x/sub\n");
  REQUIRE(inside.size() == 1);
  CHECK(inside[0].base == "/sub");
  auto outside = parse_cgroup_mounts("35 31 0:32 /lxc.payload.x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", {});
  place_bases(outside, "4:memory:/lxc.payload.xy\n");
  CHECK(outside.empty());
}

TEST_CASE("a group outside of our cgroup namespace gives its root", "[cgroup_layout]") {
  auto found = parse_cgroup_mounts(v2_mount, {});
  place_bases(found, "0::/../other\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].base.empty());
}

TEST_CASE("paths that could reach a base or leave it are refused", "[cgroup_layout]") {
  for (const char* bad : {"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b"}) {
    INFO(bad);
    CHECK_FALSE(check_group_path(bad));
  }
  for (const char* good : {"a", "lxc.payload.web", "a/b", "..a", "a..b/c"}) CHECK(check_group_path(good));
}

TEST_CASE("CPU lists are read and written", "[cgroup_layout]") {
  CHECK(parse_cpu_list("0-3,8\n") == std::vector<unsigned>{0, 1, 2, 3, 8});
  CHECK(parse_cpu_list("").empty());
  CHECK(parse_cpu_list("3,1,1-2") == std::vector<unsigned>{1, 2, 3});
  CHECK(parse_cpu_list("x,5,-,1-99999999999").size() == 1);
  CHECK(print_cpu_list({0, 1, 2, 3, 8}) == "0-3,8");
  CHECK(print_cpu_list({}).empty());
}
