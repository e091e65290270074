// SPDX-License-Identifier: Apache-2.0
#include "core/attach/environment.hpp"

#include <catch2/catch.hpp>

#include "core/attach/container_facts.hpp"

using namespace lxcx;
using namespace lxcx::core;
using Lines = std::vector<std::string>;

namespace {
char home[] = "HOME=/root", term[] = "TERM=xterm", path[] = "PATH=/opt";
char* caller[] = {home, term, path, nullptr};
}  // namespace

TEST_CASE("the caller's environment is kept unless cleared", "[environment]") {
  EnterOptions options;
  CHECK(command_environment(options, {}, caller).value() == Lines{"HOME=/root", "TERM=xterm", "PATH=/opt", "container=lxc"});
  options.clear_environment = true;
  options.keep = {"TERM", "ABSENT"};
  CHECK(command_environment(options, {}, caller).value() ==
        Lines{"TERM=xterm", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=lxc"});
  options.keep = {"PATH"};
  CHECK(command_environment(options, {}, caller).value() == Lines{"PATH=/opt", "container=lxc"});
}

TEST_CASE("a later value replaces an earlier one", "[environment]") {
  ContainerConfig config;
  config.environment = {{"TERM", "vt100", {}}, {"A", "config", {}}};
  config.environment_runtime = {{"B", "runtime", {}}};
  EnterOptions options;
  options.set = {"A=set", "container=mine", "EMPTY="};
  CHECK(command_environment(options, config, caller).value() ==
        Lines{"HOME=/root", "TERM=vt100", "PATH=/opt", "container=mine", "A=set", "B=runtime", "EMPTY="});
}

TEST_CASE("a variable without a name or a value is refused", "[environment]") {
  for (const char* bad : {"", "NAME", "=value"}) {
    EnterOptions options;
    options.set = {bad};
    const auto lines = command_environment(options, {}, caller);
    REQUIRE_FALSE(lines);
    CHECK(lines.error().code == Code::usage);
  }
}

TEST_CASE("id maps translate, and only what they hold", "[environment]") {
  const auto map = parse_id_map("         0     100000      65536\n     65536       1000          1\nnonsense\n");
  REQUIRE(map.size() == 2);
  CHECK(to_host_id(map, 0) == 100000U);
  CHECK(to_host_id(map, 65535) == 165535U);
  CHECK(to_host_id(map, 65536) == 1000U);
  CHECK_FALSE(to_host_id(map, 65537));
  CHECK(to_host_id(parse_id_map("0 0 4294967295\n"), 4294967294U) == 4294967294U);
}

TEST_CASE("a status line is a mask or nothing", "[environment]") {
  CHECK(status_mask("Name:\tx\nCapBnd:\t00000000000000ff\n", "CapBnd:") == 255U);
  CHECK_FALSE(status_mask("Name:\tCapBnd: 1\n", "CapBnd:"));
  CHECK_FALSE(status_mask("CapBnd:\tzz\n", "CapBnd:"));
}
