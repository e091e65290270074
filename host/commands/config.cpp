// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <algorithm>

#include "host/json.hpp"
#include "host/printable.hpp"
#include "host/subcommands.hpp"
#include "host/table.hpp"

namespace lxcx::host::commands {
namespace {

using core::Diagnostic;

constexpr Option options[] = {
    {'f', "file", "FILE", "check: look at this file instead of a container's.", Completes::file},
};
constexpr Subcommand subcommands[] = {
    {"check", "[NAME]", "Say everything that is wrong with a configuration, with file, line and column", Completes::container},
    {"keys", "[PREFIX]", "List the keys that lxcx knows, their types and defaults"},
    {"show", "NAME", "Print the configuration with its includes expanded", Completes::container},
};

Result<std::string> config_path(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  const std::string name = words.empty() ? arguments.name : words.front();
  if (name.empty()) return fail(Code::usage, "no container name", "lxcx config check NAME, or -f FILE");
  LXCX_CHECK(core::check_name(name));
  LXCX_TRY(runtime, session.runtime());
  return runtime->paths_of(name).config();
}

/// Keys that parse but do not act yet would stop a start, so that a check names them too.
void add_unsupported(core::ParsedConfig& parsed) {
  for (const core::Setting& setting : parsed.config.unsupported)
    parsed.diagnostics.push_back({.where = setting.where, .message = setting.key + " is valid but has no effect in this version; start refuses it"});
}

std::size_t count_errors(const std::vector<Diagnostic>& diagnostics) {
  return static_cast<std::size_t>(std::ranges::count_if(diagnostics, [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; }));
}

std::string counted(std::size_t number, const std::string& what) { return std::to_string(number) + " " + what + (number == 1 ? "" : "s"); }

std::string check_text(const std::string& file, const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += printable(core::format_diagnostic(diagnostic), true);
  const std::size_t errors = count_errors(diagnostics);
  return out + printable(file) + ": " + counted(errors, "error") + ", " + counted(diagnostics.size() - errors, "warning") + '\n';
}

Result<int> check(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  std::string file = arguments.value("file");
  if (!file.empty() && !words.empty()) return fail(Code::usage, "a name and --file exclude each other");
  if (file.empty()) {
    LXCX_TRY(path, config_path(session, arguments, words));
    file = std::move(path);
  }
  const core::ConfigSource source = core::real_config_source();
  LXCX_TRY(text, source.read(file));
  core::ParsedConfig parsed = core::parse_config(text, file, source);
  add_unsupported(parsed);
  session.out().print(session.wants_json() ? json_of(file, parsed.diagnostics) : check_text(file, parsed.diagnostics));
  return count_errors(parsed.diagnostics) ? static_cast<int>(Code::config) : 0;
}

Result<int> keys(Session& session, const Arguments&, std::span<const std::string> words) {
  std::vector<core::KeyInfo> known = core::config_keys();
  if (!words.empty()) std::erase_if(known, [&](const core::KeyInfo& key) { return !key.name.starts_with(words.front()); });
  if (known.empty()) return fail(Code::not_found, "no key begins with '" + words.front() + "'");
  if (session.wants_json()) {
    session.out().print(json_of(known));
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"KEY", "TYPE", "DEFAULT", "MEANING"}};
  for (const core::KeyInfo& key : known) {
    const std::string doc = std::string(key.doc) + (key.acts ? "" : " (no effect yet: start refuses it)");
    rows.push_back({std::string(key.name), std::string(key.type), key.default_value.empty() ? "-" : std::string(key.default_value), doc});
  }
  session.out().print(format_ragged_table(rows));
  return 0;
}

Result<int> show(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  LXCX_TRY(file, config_path(session, arguments, words));
  std::vector<std::string> warnings;
  LXCX_TRY(config, core::load_config(file, core::real_config_source(), &warnings));
  LXCX_TRY(text, core::print_config(config));
  session.warn(warnings);
  session.out().print(session.wants_json() ? json_of_text(words.empty() ? arguments.name : words.front(), text) : printable(text, true));
  return 0;
}

constexpr Handler handlers[] = {{"check", 0, 1, check}, {"keys", 0, 1, keys}, {"show", 0, 1, show}};

Result<int> run(Session& session, const Arguments& arguments) { return run_subcommand(session, arguments, config, handlers); }

}  // namespace

constinit const Command config{
    .name = "config",
    .summary = "Check, explain and print configurations",
    .operands = "check|keys|show …",
    .takes = Operands::words,
    .options = options,
    .subcommands = subcommands,
    .run = run,
};

}  // namespace lxcx::host::commands
