// SPDX-License-Identifier: Apache-2.0
#include "core/config/scan.hpp"

#include <catch2/catch.hpp>

#include "core/config/parse.hpp"
#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;

TEST_CASE("a line is split at its first '=' and trimmed", "[config][scan]") {
  struct Row {
    std::string_view line, key, value;
  };
  const Row row = GENERATE(values<Row>({
      {"lxc.uts.name = web", "lxc.uts.name", "web"},
      {" \t lxc.uts.name\t=web \t", "lxc.uts.name", "web"},
      {"lxc.environment = A=b=c", "lxc.environment", "A=b=c"},
      {"lxc.uts.name=", "lxc.uts.name", ""},
      {"lxc.uts.name =  \t", "lxc.uts.name", ""},
      {"lxc.uts.name = web # not a comment", "lxc.uts.name", "web # not a comment"},
      {"lxc.uts.name = web\\", "lxc.uts.name", "web\\"},
      {"lxcx.storage.dir.x = 1", "lxcx.storage.dir.x", "1"},
      // one pair of quotes, whichever, and nothing else
      {"lxc.uts.name = \"web\"", "lxc.uts.name", "web"},
      {"lxc.uts.name = 'web'", "lxc.uts.name", "web"},
      {"lxc.uts.name = ' web '", "lxc.uts.name", " web "},
      {"lxc.uts.name = ''web''", "lxc.uts.name", "'web'"},
      {"lxc.uts.name = \"web'", "lxc.uts.name", "\"web'"},
      {"lxc.uts.name = \"we\"b", "lxc.uts.name", "\"we\"b"},
      {"lxc.uts.name = we\"b\"", "lxc.uts.name", "we\"b\""},
      {"lxc.uts.name = \"", "lxc.uts.name", "\""},
      {"lxc.uts.name = \"\"", "lxc.uts.name", ""},
      {"lxc.uts.name = \"a\\\"b\"", "lxc.uts.name", "a\\\"b"},
  }));
  LineScanner lines(row.line);
  const auto line = lines.next();
  REQUIRE(line);
  CAPTURE(row.line);
  CHECK(line->kind == ScannedLine::Kind::assignment);
  CHECK(line->key == row.key);
  CHECK(line->value == row.value);
  CHECK_FALSE(lines.next());
}

TEST_CASE("comments and empty lines are skipped and counted", "[config][scan]") {
  LineScanner lines("\n# one\n  \t# two\n\n \t\nlxc.a = 1\n#\nlxc.b = 2");
  CHECK(lines.next()->number == 6);
  CHECK(lines.next()->number == 8);
  CHECK_FALSE(lines.next());
}

TEST_CASE("a carriage return ends a line, and with a line feed after it ends one line", "[config][scan]") {
  LineScanner lines("lxc.a = 1\r\nlxc.b = 2\rlxc.c = 3\n\rlxc.d = 4");
  CHECK(lines.next()->value == "1");
  const auto b = lines.next();
  CHECK(b->number == 2);
  CHECK(b->value == "2");
  CHECK(lines.next()->number == 3);
  const auto d = lines.next();
  CHECK(d->number == 5);
  CHECK(d->value == "4");
}

TEST_CASE("a NUL byte ends the file", "[config][scan]") {
  using namespace std::string_view_literals;
  LineScanner lines("lxc.a = 1\0 2\nlxc.b = 2\n"sv);
  CHECK(lines.next()->value == "1");
  CHECK_FALSE(lines.next());
}

TEST_CASE("lines that are not ours are ignored, unless they look like a slip", "[config][scan]") {
  CHECK(test::parse("lxd.x.y\nmy.tool = yes\n[section]\nlx = 1\nfoo\n").diagnostics.empty());
  for (const std::string_view slip : {"lcx.tty.max = 1", "Lxc.tty.max = 1", "LXC.tty.max = 1", "lx.tty.max = 1", "lxcc.tty.max = 1"}) {
    CAPTURE(slip);
    const ParsedConfig parsed = test::parse(slip);
    CHECK(parsed.config.tty_max == 0);
    CHECK_FALSE(parsed.has_errors());
    CHECK(test::warnings(parsed).size() == 1);
  }
}

TEST_CASE("a key of ours without '=' is an error", "[config][scan]") {
  CHECK(test::errors(test::parse("lxc.tty.max 4\n")) == std::vector<std::string>{"1:1 there is no '=' after 'lxc.tty.max'"});
}

TEST_CASE("a byte order mark is skipped, and said", "[config][scan]") {
  const ParsedConfig parsed = test::parse("\xef\xbb\xbflxc.uts.name = web\n");
  CHECK(parsed.config.hostname == "web");
  CHECK(test::warnings(parsed).size() == 1);
}

TEST_CASE("a file of more than 1 MiB is refused", "[config][scan]") {
  std::string text(1U << 20U, '#');
  CHECK_FALSE(test::parse(text).has_errors());
  CHECK(test::parse(text + "#").has_errors());
}
