// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;

TEST_CASE("a mount entry is split by the rules of fstab(5)", "[config][fstab]") {
  const ContainerConfig config =
      test::good("lxc.mount.entry = /srv/a\\040b\\011c  srv\tnone  bind,ro,create=dir 0 0\nlxc.mount.entry = proc proc proc\n");
  REQUIRE(config.mounts.size() == 2);
  CHECK(config.mounts[0].source == "/srv/a b\tc");
  CHECK(config.mounts[0].target == "srv");
  CHECK(config.mounts[0].type == "none");
  CHECK(config.mounts[0].options == std::vector<std::string>{"bind", "ro", "create=dir"});
  CHECK(config.mounts[0].where == Location{"config", 1, 19});
  CHECK(config.mounts[1].options == std::vector<std::string>{"defaults"});
}

TEST_CASE("escapes: three octal digits, two backslashes, and nothing else", "[config][fstab]") {
  struct Row {
    const char *field, *path;
  };
  const Row row = GENERATE(values<Row>({{"\\134x", "\\x"},
                                        {"\\\\x", "\\x"},
                                        {"\\x", "\\x"},
                                        {"\\04", "\\04"},
                                        {"\\048", "\\048"},
                                        {"\\000", "\\000"},
                                        {"\\777", "\\777"},
                                        {"\\377", "\xff"},
                                        {"a\\", "a\\"},
                                        {"\\\\040", "\\040"},
                                        {"\\040\\040", "  "}}));
  CAPTURE(row.field);
  CHECK(test::good(std::string("lxc.mount.entry = ") + row.field + " t none").mounts[0].source == row.path);
}

TEST_CASE("a mount entry without its type is an error, one with too much a warning", "[config][fstab]") {
  CHECK(test::errors(test::parse("lxc.mount.entry = /srv")).size() == 1);
  CHECK(test::errors(test::parse("lxc.mount.entry = /srv srv")).size() == 1);
  const ParsedConfig odd = test::parse("lxc.mount.entry = /my files srv none bind 0 0");
  CHECK(test::warnings(odd).size() == 1);
  CHECK(odd.diagnostics[0].hint.find("\\040") != std::string::npos);
}

TEST_CASE("an unfilled placeholder in a target is warned of", "[config][fstab]") {
  CHECK(test::warnings(test::parse("lxc.mount.entry = /srv LXC_ROOTFS/mnt none bind")).size() == 1);
}

TEST_CASE("an fstab file is read past its comments, and errors name the line", "[config][fstab]") {
  const auto entries = parse_fstab("# comment\n\n  proc proc proc nodev 0 0\r\n\t# more\n/a b none bind", "/etc/fstab.web");
  REQUIRE(entries);
  REQUIRE(entries->size() == 2);
  CHECK((*entries)[0].where == Location{"/etc/fstab.web", 3, 3});
  CHECK((*entries)[1].source == "/a");
  const auto broken = parse_fstab("proc proc proc\nbroken\n", "f");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == Code::config);
  CHECK(broken.error().where == Location{"f", 2, 1});
  CHECK(parse_fstab("", "f")->empty());
}
