// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "core/checkpoint/mount_table.hpp"

namespace lxcx::core {
namespace {

std::vector<std::string> points(const std::vector<MountLine>& mounts) {
  std::vector<std::string> found;
  for (const MountLine& mount : mounts) found.push_back(mount.point);
  return found;
}

const std::vector<MountLine> container = parse_mountinfo(
    "40 41 254:0 /c/rootfs / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "59 40 0:33 / /dev rw - tmpfs none rw,size=492k\n"
    "60 40 0:34 / /proc rw - proc proc rw\n"
    "61 60 0:34 /sys /proc/sys ro - proc proc rw\n"
    "67 40 0:31 /lxc.payload.a /sys/fs/cgroup rw shared:19 master:2 - cgroup2 none rw\n"
    "68 61 0:33 /.lxc-boot-id /proc/sys/kernel/random/boot_id ro - tmpfs none rw\n"
    "71 59 0:29 /0 /dev/console rw - devpts devpts rw\n"
    "72 40 254:0 /srv/data /srv rw - ext4 /dev/vda rw\n"
    "73 40 254:0 /c/rootfs/var/tmp /tmp rw - ext4 /dev/vda rw\n"
    "74 59 0:5 /zero /dev/zero rw - devtmpfs devtmpfs rw\n"
    "torn\n"
    "75 40 0:77 /a\\040b /mnt/a\\040b\\134 rw - tmpfs none rw\n");

TEST_CASE("mounts are read as proc(5) has them", "[checkpoint]") {
  REQUIRE(container.size() == 11);
  CHECK(container[4].type == "cgroup2");
  CHECK(container[1].options == "rw,size=492k");
  CHECK(container[10].root == "/a b");
  CHECK(container[10].point == "/mnt/a b\\");
  CHECK(container[0].major == 254);
  CHECK(container[3].minor == 34);
}

TEST_CASE("what the container does not see from its root on comes from outside", "[checkpoint]") {
  CHECK(points(outside_mounts(container)) == std::vector<std::string>{"/srv", "/dev/zero", "/mnt/a b\\"});
}

TEST_CASE("it is found where this machine shows it, the newest mount first", "[checkpoint]") {
  const std::vector<MountLine> machine = parse_mountinfo(
      "1 0 254:0 / / rw - ext4 /dev/vda rw\n"
      "2 1 0:5 / /dev rw - devtmpfs devtmpfs rw\n"
      "3 1 254:0 /srv /export rw - ext4 /dev/vda rw\n"
      "4 1 254:0 /srv/da /wrong rw - ext4 /dev/vda rw\n"
      "5 1 254:0 /srv/data /exact rw - ext4 /dev/vda rw\n");
  const std::vector<MountLine> outside = outside_mounts(container);
  CHECK(places_outside(outside[0], machine) == std::vector<std::string>{"/exact", "/export/data", "/srv/data"});
  CHECK(places_outside(outside[1], machine) == std::vector<std::string>{"/dev/zero"});
  CHECK(places_outside(outside[2], machine).empty());
}

}  // namespace
}  // namespace lxcx::core
