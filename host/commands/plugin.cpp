// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <algorithm>

#include "host/json.hpp"
#include "host/printable.hpp"
#include "host/subcommands.hpp"
#include "host/table.hpp"

namespace lxcx::host::commands {
namespace {

using core::Kind;
using core::RegistryEntry;

constexpr std::string_view system_directory = "/etc/lxcx/plugins.d";

constexpr Option options[] = {
    {0, "all", "", "list: also the manifests that lost, and why."},
    {'1', "line", "", "list: one name on a line."},
    {0, "directory", "DIR", "enable, disable: where the mask is kept, instead of /etc/lxcx/plugins.d.", Completes::directory},
};
constexpr Subcommand subcommands[] = {
    {"list", "[KIND]", "List the plugins; loads none", Completes::kind},
    {"info", "[KIND] NAME", "Show what a plugin's manifest says; loads nothing", Completes::plugin, Completes::plugin},
    {"check", "FILE.so", "Load a library, and say whether lxcx would accept it", Completes::file},
    {"enable", "KIND NAME", "Undo disable", Completes::kind, Completes::plugin},
    {"disable", "KIND NAME", "Hide a plugin from lxcx, by a mask in /etc/lxcx/plugins.d", Completes::kind, Completes::plugin},
};

std::string all_names(const std::vector<RegistryEntry>& entries) {
  std::string out;
  for (const RegistryEntry& entry : entries) out += printable(entry.name) + '\n';
  return out;
}

std::string list_text(const std::vector<RegistryEntry>& entries, bool all) {
  if (entries.empty()) return {};
  std::vector<std::vector<std::string>> rows{{"KIND", "NAME", "VERSION", "SUMMARY"}};
  if (all) rows.front() = {"KIND", "NAME", "VERSION", "STATE", "MANIFEST", "WHY"};
  for (const RegistryEntry& entry : entries) {
    const std::string version = entry.manifest.version.empty() ? "-" : entry.manifest.version;
    // What has no name has no kind either: a directory, or a file that is no manifest.
    std::vector<std::string> row{entry.name.empty() ? "-" : std::string(core::kind_name(entry.kind)), entry.name.empty() ? "-" : entry.name, version};
    if (all)
      row.insert(row.end(), {entry.state, entry.path, entry.why});
    else
      row.push_back(entry.manifest.summary);
    rows.push_back(std::move(row));
  }
  return format_ragged_table(rows);
}

/// A manifest that is refused is no silent matter: whoever put it there expects it to work.
void warn_of_refused(Session& session, const std::vector<RegistryEntry>& entries) {
  for (const RegistryEntry& entry : entries)
    if (entry.state == "refused" || (entry.state == "active" && !entry.why.empty())) session.warn({entry.path + ": " + entry.why});
}

Result<int> list(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  std::optional<Kind> kind;
  if (!words.empty()) {
    LXCX_TRY(parsed, core::parse_kind(words.front()));
    kind = parsed;
  }
  LXCX_TRY(runtime, session.runtime());
  std::vector<RegistryEntry> entries = runtime->plugins().list();
  const bool all = arguments.has("all");
  if (!all) warn_of_refused(session, entries);
  std::erase_if(entries, [&](const RegistryEntry& entry) { return (kind && entry.kind != *kind) || (!all && entry.state != "active"); });
  if (session.wants_json())
    session.out().print(json_of(entries, runtime->plugins().directories()));
  else
    session.out().print(arguments.has("line") ? all_names(entries) : list_text(entries, all));
  return 0;
}

std::string info_text(const RegistryEntry& entry) {
  const core::Manifest& m = entry.manifest;
  std::vector<std::vector<std::string>> rows{{"Kind:", std::string(core::kind_name(entry.kind))}, {"Name:", entry.name}, {"State:", entry.state}};
  const auto add = [&](const char* label, const std::string& value) {
    if (!value.empty()) rows.push_back({label, value});
  };
  add("Why:", entry.why);
  add("Summary:", m.summary);
  add("Version:", m.version);
  add("ABI:", m.abi);
  add("License:", m.license);
  add("Manifest:", entry.path);
  add("Library:", m.library_path);
  add("Schemes:", core::join(m.schemes, ", "));
  add("Capabilities:", core::join(m.capabilities, ", "));
  add("Events:", core::join(m.events, ", "));
  add("Needs:", core::join(m.needs, ", "));
  std::string out = format_ragged_table(rows);
  if (m.settings.empty()) return out;
  std::vector<std::vector<std::string>> settings{{"SETTING", "TYPE", "DEFAULT", "MEANING"}};
  for (const core::SettingSchema& s : m.settings) settings.push_back({s.name, s.type, s.default_value.empty() ? "-" : s.default_value, s.doc});
  return out + '\n' + format_ragged_table(settings);
}

/// The entry that lxcx would use; failing that, the first of that name, with what is wrong with it.
Result<RegistryEntry> find_entry(core::Plugins& plugins, std::optional<Kind> kind, const std::string& name) {
  std::vector<RegistryEntry> entries = plugins.list();
  std::vector<std::string_view> names;
  for (const RegistryEntry& entry : entries) names.push_back(entry.name);
  const std::string_view near = core::nearest(name, names);
  const std::string hint = near.empty() ? "`lxcx plugin list` shows them" : "did you mean '" + std::string(near) + "'?";
  std::erase_if(entries, [&](const RegistryEntry& entry) { return entry.name != name || (kind && entry.kind != *kind); });
  if (entries.empty()) return fail(Code::not_found, "there is no plugin '" + name + "'", hint);
  const bool ambiguous = std::ranges::any_of(entries, [&](const RegistryEntry& entry) { return entry.kind != entries.front().kind; });
  if (ambiguous) return fail(Code::usage, "plugins of several kinds are called '" + name + "'", "lxcx plugin info KIND " + name);
  const auto active = std::ranges::find(entries, std::string("active"), &RegistryEntry::state);
  return active != entries.end() ? *active : entries.front();
}

Result<int> info(Session& session, const Arguments&, std::span<const std::string> words) {
  std::optional<Kind> kind;
  if (words.size() == 2) {
    LXCX_TRY(parsed, core::parse_kind(words.front()));
    kind = parsed;
  }
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(entry, find_entry(runtime->plugins(), kind, words.back()));
  session.out().print(session.wants_json() ? json_of(entry) : info_text(entry));
  return 0;
}

Result<int> check(Session& session, const Arguments&, std::span<const std::string> words) {
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(path, session.absolute(words.front()));
  LXCX_TRY(text, doing(runtime->plugins().check_library(path), "check '" + path + "'"));
  session.out().print(session.wants_json() ? json_of_text(path, text) : printable(text, true) + (text.ends_with('\n') ? "" : "\n"));
  return 0;
}

Result<int> set_enabled(Session& session, const Arguments& arguments, std::span<const std::string> words, bool enabled) {
  LXCX_TRY(kind, core::parse_kind(words.front()));
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(directory, session.absolute(arguments.value("directory", system_directory)));
  core::Plugins& plugins = runtime->plugins();
  LXCX_CHECK(enabled ? plugins.enable(kind, words.back(), directory) : plugins.disable(kind, words.back(), directory));
  return 0;
}

Result<int> enable(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  return set_enabled(session, arguments, words, true);
}

Result<int> disable(Session& session, const Arguments& arguments, std::span<const std::string> words) {
  return set_enabled(session, arguments, words, false);
}

constexpr Handler handlers[] = {
    {"list", 0, 1, list}, {"info", 1, 2, info}, {"check", 1, 1, check}, {"enable", 2, 2, enable}, {"disable", 2, 2, disable}};

Result<int> run(Session& session, const Arguments& arguments) { return run_subcommand(session, arguments, plugin, handlers); }

}  // namespace

constinit const Command plugin{
    .name = "plugin",
    .summary = "List, explain, check, enable and disable plugins",
    .operands = "list|info|check|enable|disable …",
    .takes = Operands::words,
    .options = options,
    .subcommands = subcommands,
    .run = run,
};

}  // namespace lxcx::host::commands
