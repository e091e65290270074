// SPDX-License-Identifier: Apache-2.0
// Manual pages, completions and docs/ agree with the tables.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "core/base/text.hpp"
#include "core/container/states.hpp"
#include "host/command.hpp"
#include "host/docgen/completion.hpp"
#include "host/help.hpp"
#include "host/report.hpp"

namespace lxcx::host {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  INFO(path);
  REQUIRE(file);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string page(std::string_view name) { return read(std::string(LXCX_SHARE) + "/man/man1/" + std::string(name) + ".1"); }

/// As man(7) has it.
std::string roff(std::string text) {
  for (std::size_t at = 0; (at = text.find('-', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

TEST_CASE("every option is in its command's page, in --help and in every completion", "[host][documents]") {
  const std::string bash = read(LXCX_SHARE "/bash-completion/completions/lxcx"), zsh = read(LXCX_SHARE "/zsh/site-functions/_lxcx"),
                    fish = read(LXCX_SHARE "/fish/vendor_completions.d/lxcx.fish");
  for (const Command* command : all_commands()) {
    const std::string name(command->name), manual = page("lxcx-" + name), help = command_help(*command);
    const std::size_t in_zsh = zsh.find("  " + name + ")\n    local -a own=(");
    REQUIRE(in_zsh != std::string::npos);
    const std::string zsh_part = zsh.substr(in_zsh, zsh.find(";;\n", in_zsh) - in_zsh);
    for (const std::span<const Option> options : {command->options, global_options()})
      for (const Option& option : options) {
        // A command's own option stands in place of a global one of the same name.
        const bool is_own = options.data() == command->options.data();
        if (!is_own && std::ranges::find(command->options, option.name, &Option::name) != command->options.end()) continue;
        const std::string dashed = "--" + std::string(option.name);
        INFO(name << " " << dashed);
        const std::string heading(core::trim(option_heading(option)));
        CHECK_THAT(manual, Catch::Contains("\\fB" + roff(heading) + "\\fR"));
        CHECK_THAT(help, Catch::Contains(heading));
        CHECK_THAT(bash, Catch::Contains(dashed + " "));
        CHECK_THAT(zsh_part, Catch::Contains(dashed));
        CHECK_THAT(fish, Catch::Contains("-l " + std::string(option.name) + " "));
      }
    for (const Option& option : command->options) {
      const std::string letter = option.letter ? std::string(" -s ") + option.letter : "";
      CHECK_THAT(fish, Catch::Contains("'__lxcx_is " + name + "'" + letter + " -l " + std::string(option.name)));
    }
    for (const Subcommand& sub : command->subcommands) CHECK_THAT(manual, Catch::Contains("lxcx " + name + " " + std::string(sub.name)));
    CHECK_THAT(manual, Catch::Contains(".SH EXIT STATUS") && Catch::Contains(".SH EXAMPLES"));
    CHECK_THAT(page("lxcx"), Catch::Contains("lxcx\\-" + name));
  }
}

TEST_CASE("no two options of a command share a letter or a name", "[host][documents]") {
  for (const Command* command : all_commands()) {
    std::set<std::string_view> own, names;
    std::set<char> letters;
    for (const Option& option : command->options) own.insert(option.name);
    const auto take = [&](const Option& option) {
      INFO(command->name << " --" << option.name);
      CHECK(names.insert(option.name).second);
      if (option.letter) CHECK(letters.insert(option.letter).second);
    };
    for (const Option& option : command->options) take(option);
    for (const Option& option : global_options())
      if (!own.contains(option.name)) take(option);
  }
}

TEST_CASE("docs/errors.md has the table of exit codes, word for word", "[host][documents]") {
  const std::string document = read(LXCX_SOURCE "/docs/errors.md");
  for (const ExitCode& code : exit_codes) {
    std::ostringstream row;
    row << "| " << static_cast<int>(code.code) << " | `" << code.name << "` | " << code.meaning << " |";
    CHECK_THAT(document, Catch::Contains(row.str()));
    CHECK_THAT(page("lxcx"), Catch::Contains(".TP\n\\fB" + std::to_string(static_cast<int>(code.code)) + "\\fR\n"));
  }
}

TEST_CASE("the table of exit codes is abi.h's", "[host][documents]") {
  std::set<int> in_header, in_table;
  std::istringstream header(read(LXCX_SOURCE "/plugin-api/include/lxcx/abi.h"));
  bool inside = false;
  for (std::string line; std::getline(header, line);) {
    if (line.starts_with("typedef enum lxcx_code")) inside = true;
    if (line.starts_with("} lxcx_code")) inside = false;
    const std::size_t equals = line.find(" = ");
    if (inside && equals != std::string::npos) in_header.insert(std::stoi(line.substr(equals + 3)));
  }
  REQUIRE(in_header.erase(0) == 1);
  for (const ExitCode& code : exit_codes) in_table.insert(static_cast<int>(code.code));
  CHECK(in_table == in_header);
}

TEST_CASE("every state is offered by the completions", "[host][documents]") {
  for (int i = 0; i <= static_cast<int>(core::State::thawed); ++i)
    CHECK_THAT(std::string(word_source(Completes::state).words), Catch::Contains(std::string(core::state_name(static_cast<core::State>(i)))));
}

}  // namespace
}  // namespace lxcx::host
