// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/support/config_text.hpp"
#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;

TEST_CASE("the settings that count are listed once, in order, by today's names", "[config][effective]") {
  const ContainerConfig config = test::good("lxc.tty.max = 1\nlxc.group = a\nlxc.utsname = x\nlxc.tty.max = 2\nlxc.group = b\n");
  CHECK(config_values(config, "lxc.tty.max") == std::vector<std::string>{"2"});
  CHECK(config_values(config, "lxc.group") == std::vector<std::string>{"a", "b"});
  CHECK(config_values(config, "lxc.uts.name") == std::vector<std::string>{"x"});
  CHECK(config.settings.size() == 4);
  CHECK(config.settings[2].key == "lxc.tty.max");
  CHECK(config.settings[2].where.line == 4);
}

TEST_CASE("what was cleared leaves nothing behind", "[config][effective]") {
  const std::string text = GENERATE(values<std::string>({
      "lxc.tty.max = 1\nlxc.tty.max =",
      "lxc.group = a\nlxc.group = b\nlxc.group =",
      "lxc.net.0.type = veth\nlxc.net.0.link = a\nlxc.net.0 =",
      "lxc.net.0.type = veth\nlxc.net.0.link = a\nlxc.net =",
      "lxc.net.3.type = veth\nlxc.net.3.x = a\nlxc.net.3.type =",
      "lxc.cap.keep = none\nlxc.cap.drop =",
      "lxc.hook.start = a\nlxc.hook =",
      "lxc.cgroup2.a.b = 1\nlxc.cgroup2 =",
      "lxc.cgroup2.a.b = 1\nlxc.cgroup2.a.b =",
      "lxcx.hook.a.b = 1\nlxcx.hook.a.b =",
      "lxc.prlimit.core = 1\nlxc.limit =",
      "lxc.idmap = u 0 1 2\nlxc.id_map =",
      "lxc.environment = A=1\nlxc.environment =",
  }));
  CAPTURE(text);
  ContainerConfig cleared = test::good(text), never_set = test::good("");
  CHECK(test::describe(cleared) == test::describe(never_set));
}
