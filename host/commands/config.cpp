// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <unistd.h>

#include <algorithm>

#include "host/json.hpp"
#include "host/printable.hpp"
#include "host/report.hpp"
#include "host/subcommands.hpp"
#include "host/table.hpp"

namespace lxcx::host::commands {
namespace {

using core::Diagnostic;

constexpr Option options[] = {
    {'f', "file", "FILE", "This file instead of a container's configuration; not for keys.", Completes::file},
    {'c', "config", "FILE", "The same as --file, as lxc-update-config has it.", Completes::file},
    {'a', "append", "", "set: add a line to a list instead of replacing the lines it has."},
    {0, "running", "", "get: of the configuration that the container runs with."},
    {0, "list", "", "system: the names of the items alone."},
};
constexpr Subcommand subcommands[] = {
    {"check", "[NAME]", "Say everything that is wrong with a configuration, with file, line and column", Completes::container},
    {"keys", "[PREFIX]", "List the keys that lxcx knows, their types and defaults"},
    {"show", "[NAME]", "Print the configuration with its includes expanded", Completes::container},
    {"get", "[NAME] KEY", "Print the values of a key, a group of keys or a network device, includes expanded", Completes::container},
    {"set", "[NAME] KEY VALUE", "Set a key in the file itself; an empty value clears it", Completes::container},
    {"unset", "[NAME] KEY", "Take the lines of a key, a group of keys or a network device out of the file", Completes::container},
    {"system", "[ITEM]", "Print an item, or all, of lxc.conf: where containers live and what new ones get"},
    {"convert", "[NAME]", "Rewrite names from before LXC 2.1 to today's; the old file is kept as FILE.backup", Completes::container},
};

Result<std::string> config_path(Session& session, const std::string& name) {
  if (name.empty()) return fail(Code::usage, "no container name", "write NAME, or -f FILE");
  LXCX_CHECK(core::check_name(name));
  LXCX_TRY(runtime, session.runtime());
  return runtime->paths_of(name).config();
}

std::string file_option(const Arguments& arguments) { return arguments.value("file", arguments.value("config")); }

/// What a subcommand is about: a container or a file, and the other operands.
struct Target {
  std::string name;  ///< empty: --file was given
  std::string file;
  std::vector<std::string> operands;
};

/// `wanted` operands besides NAME, which -n and -f stand for.
Result<Target> find_target(Session& session, const Arguments& arguments, std::span<const std::string> words, std::size_t wanted,
                           std::string_view usage) {
  Target target;
  target.operands.assign(words.begin(), words.end());
  target.file = file_option(arguments);
  target.name = arguments.name;
  if (!target.file.empty() && !target.name.empty()) return fail(Code::usage, "a name and --file exclude each other");
  if (target.file.empty() && target.name.empty() && target.operands.size() > wanted) {
    target.name = target.operands.front();
    target.operands.erase(target.operands.begin());
  }
  const std::string how = "lxcx config " + std::string(usage) + ", with -f FILE in place of NAME for any file";
  if (target.operands.size() > wanted) return fail(Code::usage, "unexpected argument '" + target.operands[wanted] + "'", how);
  if (target.operands.size() < wanted) return fail(Code::usage, "too few words", how);
  if (!target.file.empty()) return target;
  if (target.name.empty()) return fail(Code::usage, wanted > 0 ? "too few words" : "no container name", how);
  LXCX_TRY(file, config_path(session, target.name));
  target.file = std::move(file);
  return target;
}

/// What only plugins can tell: whether they are there, and what they say of their keys, of a profile or of a hook's file. Nothing is started.
void add_plugins_view(Session& session, const Target& target, core::ParsedConfig& parsed) {
  core::StartRequest request;
  request.name = target.name;
  const auto plan = [&]() -> Result<void> {
    LXCX_TRY(runtime, session.runtime());
    if (target.name.empty()) return runtime->check_with_plugins(parsed.config);
    LXCX_CHECK(runtime->plan_start(request));
    return {};
  };
  const Result<void> planned = plan();
  if (planned) return;
  const Error& error = planned.error();
  std::string message = message_text(error);
  if (!error.details.empty()) message += ": " + std::string(core::trim(error.details));
  parsed.diagnostics.push_back({.where = error.where.value_or(Location{target.file, 0, 0}), .message = std::move(message), .hint = error.hint});
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
  LXCX_TRY(target, find_target(session, arguments, words, 0, "check NAME"));
  const std::string& file = target.file;
  const core::ConfigSource source = core::real_config_source();
  LXCX_TRY(text, source.read(file));
  core::ParsedConfig parsed = core::parse_config(text, file, source);
  if (count_errors(parsed.diagnostics) == 0) add_plugins_view(session, target, parsed);
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
    const std::string default_value = key.default_value.empty() ? "-" : std::string(key.default_value);
    rows.push_back({std::string(key.name), std::string(key.type), default_value, std::string(key.doc)});
  }
  session.out().print(format_ragged_table(rows));
  return 0;
}

Result<int> show(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  LXCX_TRY(target, find_target(session, arguments, words, 0, "show NAME"));
  std::vector<std::string> warnings;
  LXCX_TRY(config, core::load_config(target.file, core::real_config_source(), &warnings));
  LXCX_TRY(text, core::print_config(config));
  session.warn(warnings);
  session.out().print(session.wants_json() ? json_of_text(target.name, text) : printable(text, true));
  return 0;
}

Result<core::ContainerConfig> config_to_read(Session& session, const Arguments& arguments, const Target& target) {
  if (arguments.has("running")) {
    if (target.name.empty()) return fail(Code::usage, "--running is about a container, not a file");
    LXCX_TRY(runtime, session.runtime());
    return runtime->running_config(target.name);
  }
  return core::load_config(target.file, core::real_config_source(), nullptr);
}

std::string default_hint(const std::string& key) {
  for (const core::KeyInfo& known : core::config_keys())
    if (known.name == key && !known.default_value.empty()) return "its default is " + std::string(known.default_value);
  return {};
}

Result<int> get(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  LXCX_TRY(target, find_target(session, arguments, words, 1, "get NAME KEY"));
  LXCX_TRY(key, core::current_key(target.operands.front()));
  if (key == "lxc.include") return fail(Code::unsupported, "lxc.include has no value: it acts while a file is read", "see the file itself");
  LXCX_TRY(config, config_to_read(session, arguments, target));
  const std::vector<core::Setting> settings = core::config_settings(config, key);
  if (settings.empty()) return fail(Code::not_found, key + " is not set", default_hint(key));
  if (session.wants_json()) {
    session.out().print(json_of_settings(target.name, key, settings));
    return 0;
  }
  for (const core::Setting& setting : settings)
    session.out().print(printable(setting.key == key ? setting.value : setting.key + " = " + setting.value) + '\n');
  return 0;
}

Result<int> edit(Session& session, const Target& target, const core::ConfigEdit& edit) {
  LXCX_TRY(warnings, core::edit_config_file(session.kernel(), target.file, core::real_config_source(), edit));
  session.warn(warnings);
  return 0;
}

Result<int> set(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  LXCX_TRY(target, find_target(session, arguments, words, 2, "set NAME KEY VALUE"));
  using enum core::ConfigEdit::Verb;
  return edit(session, target, {arguments.has("append") ? append : core::ConfigEdit::Verb::set, target.operands[0], target.operands[1]});
}

Result<int> unset(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  LXCX_TRY(target, find_target(session, arguments, words, 1, "unset NAME KEY"));
  return edit(session, target, {core::ConfigEdit::Verb::unset, target.operands[0], {}});
}

std::string conversion_text(const std::string& file, const core::Conversion& conversion) {
  if (conversion.changes.empty()) return file + " has today's names already\n";
  std::string out;
  for (const core::Conversion::Change& change : conversion.changes) {
    const std::string place = file + ":" + std::to_string(change.line) + ": ";
    out += place + change.before + (change.after ? "  ->  " + *change.after : std::string("  (deleted)")) + '\n';
  }
  return out + file + ": " + counted(conversion.changes.size(), "line") + " changed; the old file is " + conversion.backup + '\n';
}

Result<int> convert(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  LXCX_TRY(target, find_target(session, arguments, words, 0, "convert NAME"));
  LXCX_TRY(conversion, core::convert_config_file(session.kernel(), target.file, core::real_config_source()));
  session.warn(conversion.warnings);
  session.out().print(session.wants_json() ? json_of(target.file, conversion) : printable(conversion_text(target.file, conversion), true));
  return 0;
}

/// What lxc-config says on stdout; of a script's questions that is the answer.
Result<int> tell_as_lxc(Session& session, const std::string& item, const std::optional<std::string>& value, bool is_known) {
  if (!is_known)
    session.out().print("Unknown configuration item: " + printable(item) + '\n');
  else
    session.out().print(value ? printable(*value) + '\n' : printable(item) + " is not set.\n");
  return is_known ? 0 : 1;
}

Result<int> system_item(Session& session, const core::SystemConfig& system, const std::string& item) {
  const std::vector<std::string_view> known = core::system_config_keys();
  const bool is_known = std::ranges::find(known, item) != known.end();
  const std::optional<std::string> value = system.get(item);
  if (session.is_lxc_tool()) return tell_as_lxc(session, item, value, is_known);
  const std::string_view near = core::nearest(item, known);
  if (!is_known)
    return fail(Code::usage, "'" + item + "' is no item of lxc.conf",
                near.empty() ? "`lxcx config system --list` lists them" : "did you mean '" + std::string(near) + "'?");
  if (!value) return fail(Code::not_found, item + " is not set", "in " + system.file);
  session.out().print(session.wants_json() ? json_of_system(system.file, {{item, value}}) : printable(*value) + '\n');
  return 0;
}

Result<int> system_config(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  LXCX_TRY(system, core::load_system_config(core::real_config_source(), ::geteuid() == 0));
  session.warn(system.warnings);
  if (!words.empty() && !arguments.has("list")) return system_item(session, system, words.front());
  std::vector<std::pair<std::string, std::optional<std::string>>> items;
  for (const std::string_view key : core::system_config_keys()) items.emplace_back(key, system.get(key));
  if (session.wants_json()) {
    session.out().print(json_of_system(system.file, items));
    return 0;
  }
  for (const auto& [key, value] : items)
    if (arguments.has("list") || value) session.out().print(arguments.has("list") ? key + '\n' : key + " = " + printable(*value) + '\n');
  return 0;
}

constexpr Handler handlers[] = {
    {"check", 0, 1, check},          {"keys", 0, 1, keys},      {"show", 0, 1, show}, {"get", 0, 2, get}, {"set", 0, 3, set}, {"unset", 0, 2, unset},
    {"system", 0, 1, system_config}, {"convert", 0, 1, convert}};

Result<int> run(Session& session, const Arguments& arguments) { return run_subcommand(session, arguments, config, handlers); }

}  // namespace

constinit const Command config{
    .name = "config",
    .summary = "Check, explain, print and change configurations",
    .operands = "check|keys|show|get|set|unset|system|convert …",
    .takes = Operands::words,
    .options = options,
    .subcommands = subcommands,
    .run = run,
};

}  // namespace lxcx::host::commands
