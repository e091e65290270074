// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <random>

#include "tests/support/config_text.hpp"
#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;

TEST_CASE("a value of any bytes reads back as it was", "[config][print]") {
  const std::string value = GENERATE(values<std::string>({"web", " web ", "\t", "'web'", "\"web\"", "'", "\"", "''", "\"\"", "'web", "web\"", "a = b",
                                                          "# not a comment", "\\", "a\\", "\x01\x7f\xff", "' \"", "\v\f", std::string(5000, 'x')}));
  CAPTURE(value);
  const Result<std::string> line = config_line("lxc.hook.start", value);
  REQUIRE(line);
  CHECK(line->back() == '\n');
  const ContainerConfig config = test::good(*line);
  REQUIRE(config.hooks.by_type.count("start") == 1);
  CHECK(config.hooks.by_type.at("start")[0].value == value);
}

TEST_CASE("random bytes read back as they were", "[config][print]") {
  std::mt19937 random(20261123);
  for (int round = 0; round < 2000; ++round) {
    std::string value;
    for (std::size_t length = 1 + random() % 12; value.size() < length;) {
      const char c = random() % 3 == 0 ? " \t'\"#=\\"[random() % 7] : static_cast<char>(random());
      if (c != '\n' && c != '\r' && c != '\0') value += c;
    }
    CHECK(config_values(test::good(*config_line("lxc.hook.start", value)), "lxc.hook.start") == std::vector<std::string>{value});
  }
}

TEST_CASE("what a line cannot hold is refused", "[config][print]") {
  using namespace std::string_literals;
  for (const std::string& value : {"a\nlxc.hook.start = /evil"s, "a\r"s, "a\0b"s, "\n"s}) {
    const Result<std::string> line = config_line("lxc.environment", value);
    REQUIRE_FALSE(line);
    CHECK(line.error().code == Code::config);
  }
  for (const std::string& key : {""s, "lxc.a=b"s, "lxc.a\n"s, "lxc.a "s, " lxc.a"s, "foo"s, "#lxc.a"s, "lxc.a\0"s, "lxc.a\r"s}) {
    CAPTURE(key);
    CHECK_FALSE(config_line(key, "x"));
  }
}

TEST_CASE("a configuration reads back as it was, with its includes expanded and its old names new", "[config][print]") {
  const ParsedConfig parsed = test::parse(R"(
lxc.include = /common
lxc.utsname = web
lxc.network.type = veth
lxc.network.link = br0
lxc.environment = TERM
lxc.cap.drop =
lxc.cap.drop = sys_time
lxc.init.cmd = "'/bin/sh' "
lxc.autodev =
)",
                                          {{"/common", "lxc.cap.drop = mac_admin\nlxc.tty.max = 4\nlxc.mount.auto = proc sys\n"}});
  const Result<std::string> printed = print_config(parsed.config);
  REQUIRE(printed);
  CHECK(*printed == R"(lxc.tty.max = 4
lxc.mount.auto = proc sys
lxc.uts.name = web
lxc.net.0.type = veth
lxc.net.0.link = br0
lxc.environment = TERM=xterm
lxc.cap.drop = sys_time
lxc.init.cmd = "'/bin/sh' "
lxc.autodev = 0
)");
  const ParsedConfig again = test::parse(*printed);
  CHECK(again.diagnostics.empty());
  CHECK(test::describe(again.config) == test::describe(parsed.config));
}

TEST_CASE("a host's variable that cannot be written is refused, not cut", "[config][print]") {
  ConfigSource source = test::files({});
  source.environment = [](const char*) { return "two\nlines"; };
  const ParsedConfig parsed = parse_config("lxc.environment = PS1", "config", source);
  CHECK(parsed.config.environment[0].value == "two\nlines");
  CHECK_FALSE(print_config(parsed.config));
}
