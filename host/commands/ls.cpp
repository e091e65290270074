// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/text.hpp"
#include "host/json.hpp"
#include "host/name_pattern.hpp"
#include "host/printable.hpp"
#include "host/session.hpp"
#include "host/table.hpp"

namespace lxcx::host::commands {
namespace {

using core::ContainerSummary;
using core::State;

constexpr Option options[] = {
    {'1', "line", "", "One name on a line."},
    {'f', "fancy", "", "A table."},
    {'F', "fancy-format", "COLUMN,…",
     "The table's columns: NAME, STATE, PID, RAM, SWAP, AUTOSTART, GROUPS, INTERFACE, IPV4, IPV6, UNPRIVILEGED. "
     "Implies --fancy.",
     Completes::column},
    {0, "active", "", "Only those that run or are frozen."},
    {0, "running", "", "Only those that run."},
    {0, "frozen", "", "Only the frozen ones."},
    {0, "stopped", "", "Only the stopped ones."},
    {0, "defined", "", "Only those that have a configuration."},
    {0, "filter", "REGEX", "Only those whose name matches the extended regular expression; the same as writing it after the options."},
    {'g', "groups", "GROUP,…", "Only those that are in all of these groups."},
    {0, "nesting", "[DEPTH]", "Also containers in running containers, as OUTER/INNER, so many levels down; 5 unless told otherwise."},
};

constexpr unsigned default_depth = 5, most_levels = 32;  // as LXC; pid_namespaces(7)

enum class Cost {
  none,
  details,
  addresses,
  memory
};

struct Column {
  std::string_view name;
  Cost cost;
  std::string (*cell)(const ContainerSummary&);
};

/// "outer/inner"
std::string full_name(const ContainerSummary& c) {
  std::string name;
  for (const std::string& outer : c.inside) name += outer + "/";
  return name + c.name;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string megabytes(const std::optional<std::uint64_t>& bytes) {
  if (!bytes) return "-";
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.2fMB", static_cast<double>(*bytes) / 1024 / 1024);
  return text.data();
}

constexpr std::array<Column, 11> columns{{
    {"NAME", Cost::none, full_name},
    {"STATE", Cost::none, [](const ContainerSummary& c) { return std::string(core::state_name(c.state)); }},
    {"PID", Cost::none, [](const ContainerSummary& c) { return c.init > 0 ? std::to_string(c.init) : "-"; }},
    {"RAM", Cost::memory, [](const ContainerSummary& c) { return megabytes(c.memory_bytes); }},
    {"SWAP", Cost::memory, [](const ContainerSummary& c) { return megabytes(c.swap_bytes); }},
    {"AUTOSTART", Cost::details, [](const ContainerSummary& c) { return std::string(c.autostart ? "1" : "0"); }},
    {"GROUPS", Cost::details, [](const ContainerSummary& c) { return or_dash(core::join(c.groups, ", ")); }},
    {"INTERFACE", Cost::addresses, [](const ContainerSummary& c) { return or_dash(core::join(c.interfaces, ", ")); }},
    {"IPV4", Cost::addresses, [](const ContainerSummary& c) { return or_dash(core::join(c.ipv4, ", ")); }},
    {"IPV6", Cost::addresses, [](const ContainerSummary& c) { return or_dash(core::join(c.ipv6, ", ")); }},
    {"UNPRIVILEGED", Cost::details, [](const ContainerSummary& c) { return std::string(c.unprivileged ? "true" : "false"); }},
}};
constexpr std::string_view default_columns = "NAME,STATE,AUTOSTART,GROUPS,IPV4,IPV6,UNPRIVILEGED";

Result<std::vector<const Column*>> parse_columns(std::string_view text) {
  std::vector<const Column*> chosen;
  for (const std::string& word : core::split(text, ',')) {
    const auto found = std::ranges::find_if(columns, [&](const Column& c) { return core::equal_ignoring_case(c.name, core::trim(word)); });
    if (found == columns.end()) return fail(Code::usage, "--fancy-format: there is no column '" + word + "'", "`lxcx help ls` lists them");
    chosen.push_back(&*found);
  }
  if (chosen.empty()) return fail(Code::usage, "--fancy-format: no column was named");
  return chosen;
}

/// For lxc-ls a frozen one runs as well, and each option leaves out more.
bool has_state_for_lxc(const Arguments& arguments, State state) {
  const bool is_up = state != State::stopped;
  return (is_up || (!arguments.has("active") && !arguments.has("running"))) && (!is_up || !arguments.has("stopped")) &&
         (state == State::frozen || !arguments.has("frozen"));
}

bool has_wanted_state(const Session& session, const Arguments& arguments, const ContainerSummary& c) {
  if (session.is_lxc_tool()) return has_state_for_lxc(arguments, c.state);
  const bool any = arguments.has("active") || arguments.has("running") || arguments.has("frozen") || arguments.has("stopped");
  if (!any) return true;
  return (arguments.has("active") && c.state != State::stopped) || (arguments.has("running") && c.state == State::running) ||
         (arguments.has("frozen") && c.state == State::frozen) || (arguments.has("stopped") && c.state == State::stopped);
}

bool is_in_all(const ContainerSummary& c, const std::vector<std::string>& groups) {
  return std::ranges::all_of(groups, [&](const std::string& group) { return std::ranges::find(c.groups, group) != c.groups.end(); });
}

/// Names side by side as far as the terminal goes; one on a line where there is none, so that scripts read names and nothing else.
std::string names_text(const std::vector<ContainerSummary>& containers, std::size_t terminal_columns) {
  std::size_t widest = 4;
  std::vector<std::string> names;
  for (const ContainerSummary& c : containers) {
    names.push_back(printable(full_name(c)));
    widest = std::max(widest, width(names.back()));
  }
  const std::size_t per_line = std::max<std::size_t>(1, terminal_columns / (widest + 1));
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool ends_line = (i + 1) % per_line == 0 || i + 1 == names.size();
    out += names[i];
    out += ends_line ? std::string(1, '\n') : std::string(widest - width(names[i]) + 1, ' ');
  }
  return out;
}

std::string table_text(const std::vector<ContainerSummary>& containers, const std::vector<const Column*>& chosen) {
  if (containers.empty()) return {};
  std::vector<std::vector<std::string>> rows(1);
  for (const Column* column : chosen) rows.front().emplace_back(column->name);
  for (const ContainerSummary& container : containers) {
    rows.emplace_back();
    for (const Column* column : chosen) rows.back().push_back(column->cell(container));
  }
  return format_table(rows);
}

/// What has to be asked of the runtime for what is shown.
struct Plan {
  bool fancy = false;
  std::vector<const Column*> chosen;
  std::vector<std::string> groups;
  bool costs(Cost cost) const {
    return std::ranges::any_of(chosen, [&](const Column* c) { return c->cost == cost; });
  }
  bool details() const { return costs(Cost::details) || !groups.empty(); }
};

Result<Plan> make_plan(const Session& session, const Arguments& arguments) {
  Plan plan;
  plan.fancy = arguments.has("fancy") || (arguments.has("fancy-format") && !session.is_lxc_tool());
  if (plan.fancy) {
    LXCX_TRY(chosen, parse_columns(arguments.value("fancy-format", default_columns)));
    plan.chosen = std::move(chosen);
  } else if (session.wants_json() && !arguments.has("line")) {
    for (const Column& column : columns) plan.chosen.push_back(&column);
  }
  for (const std::string& list : arguments.values("groups")) std::ranges::move(core::split(list, ','), std::back_inserter(plan.groups));
  return plan;
}

Result<int> run(Session& session, const Arguments& arguments) {
  if (arguments.words.size() > 1) return fail(Code::usage, "unexpected argument '" + arguments.words[1] + "'");
  LXCX_TRY(plan, make_plan(session, arguments));
  LXCX_TRY(filter, NamePattern::part("--filter", arguments.value("filter", arguments.words.empty() ? std::string() : arguments.words.front())));
  core::ListRequest request{.addresses = plan.costs(Cost::addresses), .memory = plan.costs(Cost::memory)};
  if (arguments.has("nesting")) request.nesting = default_depth;
  if (!arguments.value("nesting").empty()) {
    LXCX_TRY(depth, arguments.number("nesting", default_depth, 1, most_levels));
    request.nesting = static_cast<unsigned>(depth);
  }
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(found, runtime->list(request, plan.details()));
  std::erase_if(found, [&](const ContainerSummary& c) {
    const bool is_asked_for = arguments.name.empty() || c.name == arguments.name;
    return !is_asked_for || !filter.matches(c.name) || !has_wanted_state(session, arguments, c) || (arguments.has("defined") && !c.defined) ||
           !is_in_all(c, plan.groups);
  });
  if (session.wants_json())
    session.out().print(json_of(found, plan.details(), plan.costs(Cost::addresses), plan.costs(Cost::memory)));
  else if (plan.fancy)
    session.out().print(table_text(found, plan.chosen));
  else
    session.out().print(names_text(found, arguments.has("line") ? 0 : session.out().columns()));
  return 0;
}

}  // namespace

constinit const Command ls{
    .name = "ls",
    .summary = "List containers",
    .operands = "[REGEX]",
    .takes = Operands::words,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
