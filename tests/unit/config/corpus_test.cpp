// SPDX-License-Identifier: Apache-2.0
// tests/corpus: configurations as people write them, and what becomes of each. `expected` has a line for every file:
//
//   NAME  ok | N warnings | LINE:COLUMN the first error
//
// /usr/share/lxc/config is tests/corpus/share, so that it does not matter what is installed.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/config/convert.hpp"
#include "core/config/edit.hpp"
#include "tests/support/config_text.hpp"
#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

const std::string corpus = LXCX_SOURCE_DIR "/tests/corpus";

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

ConfigSource source() {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(corpus + "/share"))
    files["/usr/share/lxc/config/" + entry.path().filename().string()] = text_of(entry.path());
  return test::files(std::move(files));
}

std::map<std::string, std::string> read_expected() {
  std::map<std::string, std::string> expected;
  std::istringstream lines(text_of(corpus + "/expected"));
  for (std::string name, rest; lines >> name && std::getline(lines >> std::ws, rest);) expected[name] = rest;
  return expected;
}

std::string outcome(const ParsedConfig& parsed) {
  for (const Diagnostic& diagnostic : parsed.diagnostics) {
    if (diagnostic.is_error())
      return std::to_string(diagnostic.where.line) + ":" + std::to_string(diagnostic.where.column) + " " + diagnostic.message;
  }
  const std::size_t warnings = parsed.diagnostics.size();
  return warnings == 0 ? "ok" : std::to_string(warnings) + (warnings == 1 ? " warning" : " warnings");
}

struct Named {
  std::string name, text;
};
std::vector<Named> all_files() {
  std::vector<Named> files;
  for (const auto& entry : std::filesystem::directory_iterator(corpus))
    if (entry.path().extension() == ".conf") files.push_back({entry.path().stem(), text_of(entry.path())});
  return files;
}

}  // namespace

TEST_CASE("every configuration of the corpus is read, or refused, as it is written down", "[config][corpus]") {
  std::map<std::string, std::string> expected = read_expected();
  for (const Named& file : all_files()) {
    CAPTURE(file.name);
    CHECK(outcome(parse_config(file.text, file.name, source())) == expected[file.name]);
    expected.erase(file.name);
  }
  CHECK(expected.empty());
}

TEST_CASE("every refusal and warning of the corpus says where, and what it is about", "[config][corpus]") {
  for (const Named& file : all_files()) {
    for (const Diagnostic& diagnostic : parse_config(file.text, file.name, source()).diagnostics) {
      CAPTURE(file.name, diagnostic.message);
      CHECK(diagnostic.where.line > 0);
      CHECK(diagnostic.where.column > 0);
      CHECK_FALSE(diagnostic.message.empty());
    }
  }
}

TEST_CASE("what the corpus means survives print, convert, and a change that is taken back", "[config][corpus]") {
  for (const Named& file : all_files()) {
    CAPTURE(file.name);
    const ParsedConfig parsed = parse_config(file.text, file.name, source());
    if (parsed.has_errors()) continue;
    const std::string meaning = test::describe(parsed.config);

    const Result<std::string> printed = print_config(parsed.config);
    REQUIRE(printed);
    CHECK(test::describe(parse_config(*printed, file.name, source()).config) == meaning);

    const Result<Conversion> conversion = convert_config(file.text, file.name, source());
    REQUIRE(conversion);
    const ParsedConfig converted = parse_config(conversion->text, file.name, source());
    CHECK(test::describe(converted.config) == meaning);
    for (const Diagnostic& diagnostic : converted.diagnostics) {
      if (diagnostic.where.file == file.name) CHECK_THAT(diagnostic.message, !Catch::Contains("since LXC 2.1"));
    }
    CHECK(convert_config(conversion->text, file.name, source())->changes.empty());

    const ConfigEdit set{ConfigEdit::Verb::set, "lxc.sysctl.kernel.lxcxt", "a value"}, unset{ConfigEdit::Verb::unset, set.key, {}};
    const Result<EditedConfig> changed = edit_config(file.text, file.name, source(), set);
    REQUIRE(changed);
    CHECK(config_values(parse_config(changed->text, file.name, source()).config, set.key) == std::vector<std::string>{set.value});
    const Result<EditedConfig> back = edit_config(changed->text, file.name, source(), unset);
    REQUIRE(back);
    CHECK(std::string_view(back->text).starts_with(file.text));
    CHECK(back->text.size() <= file.text.size() + 1);  // the last line may have got its end
  }
}
