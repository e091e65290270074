// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "core/checkpoint/cgroup_yard.hpp"

namespace lxcx::core {
namespace {

Hierarchy v1(std::string mount_point, std::vector<std::string> controllers) {
  Hierarchy hierarchy;
  hierarchy.mount_point = std::move(mount_point);
  hierarchy.controllers = std::move(controllers);
  return hierarchy;
}

TEST_CASE("a yard's directories are called as criu(8) wants them", "[checkpoint]") {
  Hierarchy unified;
  unified.is_v2 = true;
  unified.mount_point = "/sys/fs/c group";
  unified.controllers = {"memory"};
  const std::vector<Hierarchy> hierarchies{v1("/c/cpu", {"cpu", "cpuacct"}), v1("/c/memory", {"memory"}), v1("/c/systemd", {"name=systemd"}),
                                           unified};
  const std::vector<YardName> names = yard_names(hierarchies, "5:cpuacct,cpu:/a\n4:memory:/a:b\n3:pids:/\n1:name=systemd:/\n0::/init.scope\ntorn\n");
  REQUIRE(names.size() == 4);
  CHECK(names[0].name == "cpuacct,cpu");
  CHECK(names[0].mount_point == "/c/cpu");
  CHECK(names[1].name == "memory");
  CHECK(names[2].name == "systemd");
  CHECK(names[3].name == "unified");
  CHECK(names[3].mount_point == "/sys/fs/c group");
}

}  // namespace
}  // namespace lxcx::core
