// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;
using test::errors;
using test::parse;

TEST_CASE("an included file is read in place", "[config][include]") {
  const ParsedConfig parsed = parse("lxc.tty.max = 1\nlxc.include = /a\nlxc.pty.max = 3\n", {{"/a", "lxc.tty.max = 2\nlxc.pty.max = 2\n"}});
  CHECK(parsed.config.tty_max == 2);
  CHECK(parsed.config.pty_max == 3);
  CHECK(parsed.config.settings.back().where == Location{"config", 3, 15});
  CHECK(config_values(parsed.config, "lxc.include").empty());
}

TEST_CASE("a directory's .conf files are read in the order of their names", "[config][include]") {
  const std::map<std::string, std::string> files{{"/d/10-b.conf", "lxc.group = b"},
                                                 {"/d/05-a.conf", "lxc.group = a"},
                                                 {"/d/20-c.conf", "lxc.group = c"},
                                                 {"/d/readme", "lxc.group = no"},
                                                 {"/d/.conf", "lxc.group = no"}};
  const std::string path = GENERATE("/d", "/d/");
  CHECK(parse("lxc.include = " + path, files).config.groups == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("a directory may be missing when it is written with a slash, a file may not", "[config][include]") {
  CHECK(parse("lxc.include = /none/").diagnostics.empty());
  CHECK(errors(parse("lxc.include = /none")) == std::vector<std::string>{"1:15 cannot include '/none': No such file or directory"});
  CHECK(parse("lxc.include =").diagnostics.empty());
}

TEST_CASE("a file that includes itself is told from one that is included twice", "[config][include]") {
  CHECK(parse("lxc.include = /a\nlxc.include = /a", {{"/a", "lxc.group = x"}}).config.groups.size() == 2);
  const ParsedConfig parsed = parse("lxc.include = /a", {{"/a", "lxc.include = /b"}, {"/b", "\nlxc.include = /a"}});
  CHECK(errors(parsed) == std::vector<std::string>{"2:15 '/a' includes itself"});
  CHECK(parsed.diagnostics[0].where.file == "/b");
  CHECK(parsed.diagnostics[0].included_from == std::vector<Location>{{"/a", 1, 15}, {"config", 1, 15}});
}

TEST_CASE("includes end at a depth of 32", "[config][include]") {
  std::map<std::string, std::string> files;
  for (int i = 0; i < 32; ++i) files["/" + std::to_string(i)] = "lxc.include = /" + std::to_string(i + 1);
  files["/31"] = "lxc.group = deep";
  CHECK(parse("lxc.include = /0", files).config.groups.size() == 1);
  files["/31"] = "lxc.include = /32";
  files["/32"] = "";
  CHECK(errors(parse("lxc.include = /0", files)) == std::vector<std::string>{"1:15 includes are nested more than 32 deep"});
}

TEST_CASE("includes that multiply come to an end", "[config][include]") {
  std::map<std::string, std::string> files;
  for (int i = 0; i < 30; ++i)
    files["/" + std::to_string(i)] = "lxc.include = /" + std::to_string(i + 1) + "\nlxc.include = /" + std::to_string(i + 1);
  files["/30"] = "lxc.tty.max = 1";
  const ParsedConfig parsed = parse("lxc.include = /0", files);
  CHECK(parsed.has_errors());
  CHECK(parsed.diagnostics.size() <= 501);
}

TEST_CASE("an include of a template's placeholder says what it is", "[config][include]") {
  for (const std::string path : {"LXC_TEMPLATE_CONFIG/alpine.common.conf", "@LXCTEMPLATECONFIG@/alpine.common.conf"}) {
    const ParsedConfig parsed = parse("lxc.include = " + path);
    REQUIRE(errors(parsed).size() == 1);
    CHECK(parsed.diagnostics[0].message.find("a template's, not yet filled in") != std::string::npos);
    CHECK(parsed.diagnostics[0].hint.find("/usr/share/lxc/config/alpine.common.conf") != std::string::npos);
  }
}

TEST_CASE("an error in an included file shows the way there", "[config][include]") {
  const ParsedConfig parsed = parse("# comment\nlxc.include = /a\n", {{"/a", "lxc.tty.max = x"}});
  CHECK(test::formatted(parsed) == R"(/a:1:15: error: lxc.tty.max: 'x' is not a number from 0 to 4294967295
    lxc.tty.max = x
                  ^
  included from config:2:15
)");
}

TEST_CASE("a relative include is read and warned of", "[config][include]") {
  const ParsedConfig parsed = parse("lxc.include = a.conf", {{"a.conf", "lxc.group = x"}});
  CHECK(parsed.config.groups.size() == 1);
  CHECK(test::warnings(parsed).size() == 1);
}
