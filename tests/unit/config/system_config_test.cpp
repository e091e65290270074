// SPDX-License-Identifier: Apache-2.0
#include "core/config/system_config.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {
ConfigSource with_home(std::map<std::string, std::string> contents, const char* home) {
  ConfigSource source = test::files(std::move(contents));
  source.environment = [home](const char*) { return home; };
  return source;
}
}  // namespace

TEST_CASE("without lxc.conf the defaults hold, by who asks", "[config][system]") {
  const auto root = load_system_config(with_home({}, "/root"), true);
  REQUIRE(root);
  CHECK(root->file == "/etc/lxc/lxc.conf");
  CHECK(root->lxcpath == "/var/lib/lxc");
  CHECK(root->default_config == "/etc/lxc/default.conf");
  CHECK(root->get("lxc.bdev.lvm.vg") == "lxc");
  CHECK_FALSE(root->get("lxc.cgroup.pattern"));
  CHECK_FALSE(root->get("lxc.nope"));
  const auto user = load_system_config(with_home({}, "/home/ann"), false);
  CHECK(user->file == "/home/ann/.config/lxc/lxc.conf");
  CHECK(user->lxcpath == "/home/ann/.local/share/lxc");
  CHECK(load_system_config(with_home({}, nullptr), false)->lxcpath == "/.local/share/lxc");
}

TEST_CASE("lxc.conf: the first of two wins, values go to the end of the line", "[config][system]") {
  const std::string text =
      "#lxc.lxcpath = /no\n  lxc.lxcpath  =  /srv/lxc//\nlxc.lxcpath = /second\nlxc.cgroup.pattern = lxc/%n\nlxc.bdev.zfs.root = \"tank\" \n\n";
  const auto config = load_system_config(with_home({{"/etc/lxc/lxc.conf", text}}, "/root"), true);
  REQUIRE(config);
  CHECK(config->lxcpath == "/srv/lxc");
  CHECK(config->cgroup_pattern == "lxc/%n");
  CHECK(config->zfs_root == "\"tank\" ");
  CHECK(config->warnings.empty());
}

TEST_CASE("what lxc.conf says that nobody understands is told, not fatal", "[config][system]") {
  const SystemConfig config = parse_system_config("lxc.lxcpaht = /x\nnonsense\n", "/l", test::files({}), true);
  REQUIRE(config.warnings.size() == 2);
  CHECK(config.warnings[0] == "/l:1: unknown key 'lxc.lxcpaht', ignoring; did you mean lxc.lxcpath?");
  CHECK(config.lxcpath == "/var/lib/lxc");
}

TEST_CASE("an lxc.conf that is there and cannot be read is an error", "[config][system]") {
  ConfigSource source = test::files({});
  source.read = [](const std::string&) -> Result<std::string> { return fail_errno(EACCES, "cannot open it"); };
  CHECK(load_system_config(source, true).error().code == Code::denied);
}

TEST_CASE("what lxc.conf says for a storage plugin goes by the plugin's own settings", "[config][system]") {
  using Settings = std::vector<std::pair<std::string, std::string>>;
  const SystemConfig config = parse_system_config("lxc.bdev.lvm.vg = fast\nlxc.bdev.zfs.root = tank/lxc\n", "/l", test::files({}), true);
  CHECK(storage_defaults(config, "lvm") == Settings{{"vgname", "fast"}, {"thinpool", "lxc"}});
  CHECK(storage_defaults(config, "zfs") == Settings{{"zfsroot", "tank/lxc"}});
  CHECK(storage_defaults(config, "rbd") == Settings{{"rbdpool", "lxc"}});
  CHECK(storage_defaults(config, "dir").empty());
}
