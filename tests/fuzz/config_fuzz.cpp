// SPDX-License-Identifier: Apache-2.0
// Promises: no text crashes the parser; what parses without an error prints, and the print parses to the same configuration, without a word said;
// it converts to today's names and means the same; and what is set in it can be read.
//
// An input that begins with "%system" is an lxc.conf, one with "%fstab" an fstab. Another one is files, separated by lines of "%%": the first is the
// configuration, the others can be included as /1, /2, … and all of them as /d.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/convert.hpp"
#include "core/config/edit.hpp"
#include "core/config/fstab.hpp"
#include "core/config/parse.hpp"
#include "core/config/relocate.hpp"
#include "core/config/system_config.hpp"
#include "tests/support/config_text.hpp"

namespace {

using namespace lxcx;
using namespace lxcx::core;

std::vector<std::string> split_files(std::string_view input) {
  constexpr std::string_view separator = "\n%%\n";
  std::vector<std::string> files;
  while (true) {
    const std::size_t end = input.find(separator);
    files.emplace_back(input.substr(0, end));
    if (end == input.npos) return files;
    input.remove_prefix(end + separator.size());
  }
}

ConfigSource source_of(const std::vector<std::string>& files) {
  ConfigSource source;
  source.read = [&files](const std::string& path) -> Result<std::string> {
    const std::string name = path.starts_with("/d/") ? path.substr(3, 1) : path.substr(0, 2).substr(path.starts_with('/') ? 1 : 0);
    const std::size_t index = name.empty() ? files.size() : static_cast<std::size_t>(name[0] - '0');
    if (index >= files.size()) return fail_errno(2, "no such file");
    return files[index];
  };
  source.list = [&files](const std::string& path) -> Result<std::vector<std::string>> {
    if (path != "/d" && path != "/d/") return fail(Code::not_found, "not a directory");
    std::vector<std::string> names;
    for (std::size_t i = 1; i < files.size() && i < 10; ++i) names.push_back(std::to_string(i) + ".conf");
    return names;
  };
  source.environment = [](const char* name) -> const char* { return name[0] == 'H' ? "a host's value" : nullptr; };
  return source;
}

void require(bool holds, const char* promise, const std::string& detail) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n%s\n", promise, detail.c_str());
  std::abort();
}

void check_diagnostic(const Diagnostic& diagnostic) {
  const std::string text = format_diagnostic(diagnostic);
  require(!text.empty() && text.back() == '\n', "a diagnostic ends its line", text);
  for (const char c : text) require(c == '\n' || static_cast<unsigned char>(c) >= 0x20, "a diagnostic has no control bytes", text);
  require(!diagnostic.message.empty(), "a diagnostic says something", text);
}

void check_round_trip(const ContainerConfig& config, const ConfigSource& source) {
  const Result<std::string> printed = print_config(config);
  require(printed.has_value(), "what was read can be printed", printed ? "" : printed.error().message);
  const ParsedConfig again = parse_config(*printed, "printed", source);
  require(!again.has_errors(), "a print parses", *printed);
  require(test::describe(again.config) == test::describe(config), "a print means the same",
          *printed + "\n" + test::describe(config) + "\n" + test::describe(again.config));
}

void check_relocation(const std::string& text) {
  const Relocation away{{{"/c/web", "/c/shop"}}, "web", "shop"}, elsewhere{{{"/c/no-such", "/c/shop"}}, "no-such", "shop"};
  require(relocate_config(text, elsewhere) == text, "what does not name the container stays as it is", text);
  const std::string moved = relocate_config(text, away), fstab = relocate_fstab(text, away);
  require(relocate_config(moved, away) == moved, "a second renaming changes nothing", moved);
  require(relocate_fstab(fstab, away) == fstab, "a second renaming changes nothing", fstab);
}

void check_changes(const std::string& text, const ContainerConfig& config, const ConfigSource& source) {
  if (const Result<Conversion> conversion = convert_config(text, "/0", source)) {
    const ParsedConfig converted = parse_config(conversion->text, "/0", source);
    require(!converted.has_errors(), "a conversion parses", conversion->text);
    require(test::describe(converted.config) == test::describe(config), "a conversion means the same", conversion->text);
    const Result<Conversion> again = convert_config(conversion->text, "/0", source);
    require(again && again->changes.empty(), "a second conversion changes nothing", conversion->text);
  }
  for (const char* key : {"lxc.tty.max", "lxc.group", "lxc.net.0.mtu"}) {
    const ConfigEdit edit{ConfigEdit::Verb::set, key, "1500"};
    const Result<EditedConfig> edited = edit_config(text, "/0", source, edit);
    if (!edited) continue;
    const ParsedConfig changed = parse_config(edited->text, "/0", source);
    const std::vector<std::string> values = config_values(changed.config, key);
    require(!changed.has_errors() && std::ranges::find(values, edit.value) != values.end(), "what is set is there", edited->text);
    const Result<EditedConfig> unset = edit_config(edited->text, "/0", source, {ConfigEdit::Verb::unset, key, {}});
    require(!unset || unset->text.size() < edited->text.size(), "what is unset is gone", edited->text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> files = split_files(input);
  const ConfigSource source = source_of(files);
  if (input.starts_with("%system")) {
    parse_system_config(input, "lxc.conf", source, true);
    return 0;
  }
  if (input.starts_with("%fstab")) {
    parse_fstab(input.substr(6), "fstab");
    return 0;
  }
  check_relocation(files[0]);
  const ParsedConfig parsed = parse_config(files[0], "/0", source, {{"lxc.tty.max", "1"}});
  for (const Diagnostic& diagnostic : parsed.diagnostics) check_diagnostic(diagnostic);
  if (!parsed.has_errors()) check_round_trip(parsed.config, source);
  if (const ParsedConfig plain = parse_config(files[0], "/0", source); !plain.has_errors()) check_changes(files[0], plain.config, source);
  return 0;
}
