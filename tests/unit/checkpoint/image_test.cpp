// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "core/checkpoint/image.hpp"
#include "core/checkpoint/network_lock.hpp"
#include "core/criu/criu.hpp"

namespace lxcx::core {
namespace {

TEST_CASE("what is written of a checkpoint is read again, whatever is in it", "[checkpoint]") {
  CheckpointFacts facts;
  facts.name = "a\tb\nc";
  facts.lxcpath = "/var/lib\\lxc";
  facts.config_file = "/srv/config";
  facts.cgroup = "lxc.payload.web";
  facts.clone_flags = 0x6c020000;
  facts.network_lock = network_lock_table(1234);
  facts.terminals = {{"console", "tty[8800:1d]", {"/dev/console", "/dev/lxc/console"}}, {"tty1", "tty[8801:25]", {}}};
  facts.nics = {{3, "eth\t0"}};
  facts.mounts = {{"/srv\n", "/data"}};
  const Result<CheckpointFacts> read = parse_facts(print(facts));
  REQUIRE(read);
  CHECK(read->name == facts.name);
  CHECK(read->lxcpath == facts.lxcpath);
  CHECK(read->config_file == facts.config_file);
  CHECK(read->cgroup == facts.cgroup);
  CHECK(read->clone_flags == facts.clone_flags);
  CHECK(read->network_lock == "CRIU-1234");
  CHECK_FALSE(read->pre_dump);
  REQUIRE(read->terminals.size() == 2);
  CHECK(read->terminals[0].tty == "tty[8800:1d]");
  CHECK(read->terminals[0].mounts == facts.terminals[0].mounts);
  CHECK(read->terminals[1].name == "tty1");
  REQUIRE(read->nics.size() == 1);
  CHECK(read->nics[0].index == 3);
  CHECK(read->nics[0].inside_name == "eth\t0");
  REQUIRE(read->mounts.size() == 1);
  CHECK(read->mounts[0].point == "/srv\n");
  facts.pre_dump = true;
  CHECK(parse_facts(print(facts))->pre_dump);
}

TEST_CASE("what is no checkpoint of this format is none", "[checkpoint]") {
  for (const char* text : {"", "\n", "lxc", "lxcx checkpoint 2\nname\tweb\n"}) CHECK(parse_facts(text).error().code == Code::config);
  CHECK(parse_facts("lxcx checkpoint 1\nunknown\nterminal\nmount\t/x\nnic\tx\n"));
}

TEST_CASE("each mount of a terminal has a key of its own", "[checkpoint]") {
  const TerminalFact console{"console", "tty[1:2]", {"/dev/lxc/console", "/dev/console"}};
  CHECK(mount_key(console, 0) == "console");
  CHECK(mount_key(console, 1) == "console-1");
}

TEST_CASE("of criu's log only what went wrong is shown", "[checkpoint]") {
  const std::string log =
      "(00.1) Warn  (criu/net.c:527): The eth0 veth is in an external netns\n"
      "Error (criu/util.c:627): execvp(\"iptables-save\", ...) failed: No such file or directory\n"
      "(00.2) Error (criu/util.c:642): exited, status=1\n"
      "(00.3) Error (criu/util.c:1567): ip6tables-legacy-save -V failed\n"
      "(00.4)      1: Error (criu/image.c:475): Unable to open tty-info.img: Permission denied\n"
      "(00.5) Error (criu/cr-restore.c:2537): Restoring FAILED.\n";
  CHECK(error_lines(log, 5) == std::vector<std::string>{"Unable to open tty-info.img: Permission denied", "Restoring FAILED."});
  CHECK(error_lines(log, 1) == std::vector<std::string>{"Restoring FAILED."});
  CHECK(error_lines("Error (", 5).empty());
}

}  // namespace
}  // namespace lxcx::core
