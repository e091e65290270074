// SPDX-License-Identifier: Apache-2.0
#include "core/config/diagnostics.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;
using test::formatted;
using test::parse;

TEST_CASE("a diagnostic shows the place, the line, a caret and a way out", "[config][diagnostics]") {
  CHECK(formatted(parse("\n  lxc.utz.name = web\n")) == R"(config:2:3: error: unknown key 'lxc.utz.name'
      lxc.utz.name = web
      ^
  hint: did you mean lxc.uts.name?
)");
}

TEST_CASE("tabs, wide lines and control bytes leave the caret where it belongs", "[config][diagnostics]") {
  CHECK(formatted(parse("\tlxc.tty.max\t=\t\x1b[31mx")) == R"(config:1:16: error: lxc.tty.max: '\x1b[31mx' is not a number from 0 to 4294967295
     lxc.tty.max = \x1b[31mx
                   ^
)");
  CHECK(formatted(parse("lxc.cap.drop = \xc3\xa9\x01 nope")).find("\n    lxc.cap.drop = \xc3\xa9\\x01 nope\n                         ^\n") !=
        std::string::npos);
}

TEST_CASE("of a long line, what is around the caret is shown", "[config][diagnostics]") {
  const std::string text = formatted(parse("lxc.cap.drop = " + std::string(3000, ' ') + "nope" + std::string(900, ' ') + "chown"));
  CHECK(text.size() < 600);
  const std::size_t line = text.find("\n    ") + 1;
  const std::size_t caret_line = text.find('\n', line) + 1;
  const std::size_t caret = text.find('^', caret_line) - caret_line;
  CHECK(text.substr(line + caret, 4) == "nope");
}

TEST_CASE("an endless line costs little", "[config][diagnostics]") {
  std::string value;
  for (int i = 0; i < 100000; ++i) value += "nope ";
  const ParsedConfig parsed = parse("lxc.cap.drop = " + value);
  CHECK(parsed.diagnostics.size() == 501);
  CHECK(formatted(parsed).size() < 300000);
}

TEST_CASE("all errors are told at once, in the order of the file", "[config][diagnostics]") {
  CHECK(test::errors(parse("lxc.tty.max = x\nlxc.nope = 1\nlxc.uts.name = ok\nlxc.ephemeral = 5\nlxc.autodev 1\n")).size() == 4);
}

TEST_CASE("what is shown cannot drive a terminal or pass for something else", "[config][diagnostics]") {
  CHECK(printable("plain \xc3\xa9 \xe2\x82\xac") == "plain \xc3\xa9 \xe2\x82\xac");
  CHECK(printable("\x1b]0;x\x07\x7f") == "\\x1b]0;x\\x07\\x7f");
  CHECK(printable("a\xe2\x80\xae"
                  "b") == "a\\u{202e}b");
  CHECK(printable("a\xc2\x9b"
                  "31m") == "a\\u{009b}31m");
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable("\xc0\xaf\xed\xa0\x80") == "\\xc0\\xaf\\xed\\xa0\\x80");
  CHECK(printable("a\tb") == "a b");
  CHECK(shown(std::string(100, 'a')).size() == 65);
  CHECK(shown(std::string(59, 'a') + "\xc3\xa9") == "'" + std::string(59, 'a') + "...'");
}

TEST_CASE("a key's name in a message is shown safely too", "[config][diagnostics]") {
  for (const char c : formatted(parse("lxc.network.7.\x18type = x\nlxc.\x1b = 1\nlxc.sysctl.\x1b = 1\n")))
    CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
}

TEST_CASE("loading is one error that holds all diagnostics, or a configuration and its warnings", "[config][diagnostics]") {
  const ConfigSource source = test::files({{"/bad", "lxc.tty = 1\nlxc.nope = 1\nlxc.tty.max = x\n"}, {"/old", "lxc.tty = 1\n"}});
  std::vector<std::string> warnings;
  const Result<ContainerConfig> bad = load_config("/bad", source, &warnings);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == Code::config);
  CHECK(bad.error().message == "/bad has 2 errors");
  CHECK(bad.error().where == Location{"/bad", 2, 1});
  CHECK(bad.error().details.find("/bad:3:15: error") != std::string::npos);
  CHECK(warnings.empty());
  CHECK(load_config("/old", source, &warnings)->tty_max == 1);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].starts_with("/old:1:1: warning: lxc.tty is called lxc.tty.max"));
  CHECK_FALSE(warnings[0].ends_with("\n"));
  CHECK(load_config("/none", source, nullptr).error().code == Code::not_found);
}

TEST_CASE("overrides come last, count, and are checked like a line", "[config][diagnostics]") {
  const ConfigSource source = test::files({{"/c", "lxc.tty.max = 1\nlxc.group = a\n"}});
  const auto with = [&](std::string key, std::string value) { return load_config("/c", source, nullptr, {{std::move(key), std::move(value)}}); };
  CHECK(with("lxc.tty.max", "7")->tty_max == 7);
  CHECK(with("lxc.group", "")->groups.empty());
  CHECK(with("lxc.uts.name", "'quoted'")->hostname == "'quoted'");
  CHECK(with("lxc.tty.max", "x").error().details.find("--define: error: lxc.tty.max: 'x'") != std::string::npos);
  CHECK_FALSE(with("lxc.uts.name", "a\nlxc.hook.start = /evil"));
  CHECK_FALSE(with("lxc.uts.name\nlxc.hook.start", "/evil"));
  CHECK_FALSE(with("lxc.nope", "1"));
  CHECK_FALSE(with("nonsense", "1"));
}
