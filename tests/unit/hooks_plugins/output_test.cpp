// SPDX-License-Identifier: Apache-2.0
#include "plugins/hooks/script/output.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace lxcx::script;

namespace {
struct Lines {
  std::vector<std::string> all;
  Output output{[this](std::string_view line) { all.emplace_back(line); }};
};
}  // namespace

TEST_CASE("lines come whole, however they are cut on the way") {
  Lines lines;
  lines.output.add("one\ntw");
  lines.output.add("o\r\n\nthr");
  CHECK(lines.all == std::vector<std::string>{"one", "two", ""});
  lines.output.add("ee");
  lines.output.finish();
  CHECK(lines.all.back() == "three");
  lines.output.finish();
  CHECK(lines.all.size() == 4);
}

TEST_CASE("a line without end is said in pieces") {
  Lines lines;
  lines.output.add(std::string(10000, 'x'));
  lines.output.finish();
  REQUIRE(lines.all.size() == 3);
  CHECK(lines.all[0].size() + lines.all[1].size() + lines.all[2].size() == 10000);
}

TEST_CASE("the tail is the last 4 KiB, beginning with a whole line") {
  Lines lines;
  for (int i = 0; i < 5000; ++i) lines.output.add("line " + std::to_string(i) + "\n");
  const std::string tail = lines.output.tail();
  CHECK(tail.starts_with("  | line "));
  CHECK(tail.ends_with("\n  | line 4999"));
  CHECK(tail.size() > 3000);
  CHECK(tail.size() < 8192);
  CHECK(Lines().output.tail().empty());
}

TEST_CASE("what a hook prints cannot steer the terminal of who reads it") {
  CHECK(printable("a\tb ünï €") == "a\tb ünï €");
  CHECK(printable("\x1b[2J\a\x7f") == "\\x1b[2J\\x07\\x7f");
  CHECK(printable("\xc2\x9b"
                  "31m") ==
        "\\xc2\x9b"
        "31m");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
}
