// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <thread>

#include "core/base/text.hpp"
#include "host/commands/commands.hpp"
#include "host/json.hpp"
#include "host/printable.hpp"
#include "host/report.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

using core::AutostartAction;
using core::AutostartItem;

constexpr Option options[] = {
    {'r', "reboot", "", "Reboot those that run, instead of starting those that do not."},
    {'s', "shutdown", "", "Shut those down that run."},
    {'k', "kill", "", "Kill those that run."},
    {'L', "list", "", "Show which ones, in order, with the delay after each; do nothing."},
    {0, "dry-run", "", "The same as --list."},
    {'a', "all", "", "Whatever groups they are in."},
    {'A', "ignore-auto", "", "Those without lxc.start.auto, too."},
    {'g', "groups", "GROUP,…",
     "Those of these groups, one group after the other; an empty one: those without a group, which is the default. May be repeated."},
    {'t', "timeout", "SECONDS", "How long each may take to shut down before it is killed, or to reboot; 60 when not given, -1: for ever."},
    {'j', "jobs", "N", "How many at a time, as far as order, delay and lxcx.start.* allow; the number of CPUs when not given."},
};

struct Action {
  std::string_view option;
  AutostartAction action;
  std::string_view failed;  ///< what is said of those that were not done
};
constexpr Action starting{"start", AutostartAction::start, "did not start"};
constexpr Action others[] = {
    {"reboot", AutostartAction::reboot, "did not reboot"},
    {"shutdown", AutostartAction::shutdown, "did not shut down"},
    {"kill", AutostartAction::kill, "could not be killed"},
};

Result<Action> read_action(const Arguments& arguments) {
  const Action* chosen = &starting;
  for (const Action& other : others) {
    if (!arguments.has(other.option)) continue;
    if (chosen != &starting)
      return fail(Code::usage, "--" + std::string(chosen->option) + " and --" + std::string(other.option) + " exclude each other");
    chosen = &other;
  }
  return *chosen;
}

std::vector<std::string> read_groups(Session& session, const Arguments& arguments) {
  std::vector<std::string> groups, warnings;
  for (const std::string& list : arguments.values("groups"))
    for (const std::string& word : core::split(list, ',', true)) {
      const std::string group(core::trim(word));
      if (std::ranges::find(groups, group) == groups.end())
        groups.push_back(group);
      else
        warnings.push_back("--groups: '" + group + "' is there twice, ignoring");
    }
  if (arguments.has("all") && arguments.has("groups")) warnings.emplace_back("--all is for all groups, ignoring --groups");
  session.warn(warnings);
  return groups;
}

std::string list_text(const std::vector<AutostartItem>& plan, AutostartAction action) {
  std::string out;
  for (const AutostartItem& item : plan) {
    if (item.refusal) continue;
    out += printable(item.name);
    if (!core::is_ending(action)) out += ' ' + std::to_string(item.delay_s);
    out += '\n';
  }
  return out;
}

/// The errors were told one by one; this is for the exit status, and what stands last.
Error summary_of(const std::vector<AutostartResult>& failed, std::size_t all, const Action& action) {
  std::vector<std::string> names;
  for (const AutostartResult& each : failed) names.push_back(each.name);
  return {failed.front().error->code,
          0,
          std::to_string(failed.size()) + " of " + std::to_string(all) + " containers " + std::string(action.failed) + ": " + core::join(names, ", "),
          {},
          {"autostart"},
          {},
          {}};
}

Result<int> conclude(Session& session, const std::vector<AutostartResult>& results, const Action& action) {
  LXCX_CHECK(session.out().flush());
  std::vector<AutostartResult> failed;
  for (const AutostartResult& result : results)
    if (result.error) failed.push_back(result);
  if (failed.empty()) return 0;
  if (session.is_lxc_tool()) return failed.size() == results.size() ? 1 : 2;
  return std::unexpected(summary_of(failed, results.size(), action));
}

Result<int> show_plan(Session& session, const std::vector<AutostartItem>& plan, const Action& action) {
  std::vector<AutostartResult> results;
  for (const AutostartItem& item : plan) results.push_back({item.name, item.refusal});
  session.out().print(session.wants_json() ? json_of_autostart_plan(action.option, plan) : list_text(plan, action.action));
  for (const AutostartItem& item : plan)
    if (item.refusal && !session.wants_json()) {
      session.complain(doing(Result<void>(std::unexpected(*item.refusal)), "start " + item.name).error());
    }
  return conclude(session, results, {action.option, action.action, "would not be started"});
}

Result<int> run(Session& session, const Arguments& arguments) {
  LXCX_TRY(action, read_action(arguments));
  LXCX_TRY(timeout, arguments.number("timeout", 60, -1, std::numeric_limits<int>::max() / 1000));
  LXCX_TRY(jobs, arguments.number("jobs", std::max(1U, std::thread::hardware_concurrency()), 1, 1000));
  core::AutostartRequest request;
  request.action = action.action;
  request.all = arguments.has("all");
  request.ignore_auto = arguments.has("ignore-auto");
  request.groups = read_groups(session, arguments);
  request.timeout_s = static_cast<int>(timeout);
  // As LXC: one after the other, and nobody waits for a reboot.
  request.awaits_reboot = !session.is_lxc_tool();
  request.jobs = session.is_lxc_tool() && !arguments.has("jobs") ? 1 : static_cast<unsigned>(jobs);
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(plan, runtime->plan_autostart(request));
  if (arguments.has("list") || arguments.has("dry-run")) return show_plan(session, plan, action);
  std::vector<AutostartResult> results;
  const auto note = [&](const AutostartItem& item, const Error* error) {
    results.push_back({item.name, error ? std::optional(*error) : std::nullopt});
    if (error && !session.wants_json()) session.complain(*error);
  };
  LXCX_CHECK(runtime->autostart(plan, request, note));
  if (session.wants_json()) session.out().print(json_of_autostart(action.option, results));
  return conclude(session, results, action);
}

}  // namespace

constinit const Command autostart{
    .name = "autostart",
    .summary = "Start, reboot or end the containers that are marked for it",
    .operands = "",
    .takes = Operands::none,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
