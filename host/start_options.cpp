// SPDX-License-Identifier: Apache-2.0
#include "host/start_options.hpp"

#include <array>
#include <cstdio>

#include "host/json.hpp"
#include "host/printable.hpp"
#include "host/table.hpp"

namespace lxcx::host {
namespace {

constexpr std::array<std::string_view, 4> shared_namespaces{"net", "ipc", "uts", "pid"};

std::string plan_text(const std::vector<core::PlannedStep>& steps) {
  std::string out;
  for (const core::PlannedStep& step : steps) {
    out += printable(step.side + ": " + step.name) + '\n';
    for (const std::string& detail : step.details) out += "  " + printable(detail) + '\n';
  }
  return out;
}

std::string trace_text(const std::vector<core::StepTime>& steps) {
  std::chrono::nanoseconds total{0};
  for (const core::StepTime& step : steps) total += step.took;
  std::vector<std::vector<std::string>> rows{{"SIDE", "STEP", "TIME/us", "SHARE"}};
  for (const core::StepTime& step : steps) {
    std::array<char, 32> time{}, share{};
    const double part = total.count() ? 100.0 * static_cast<double>(step.took.count()) / static_cast<double>(total.count()) : 0.0;
    std::snprintf(time.data(), time.size(), "%8.1f", static_cast<double>(step.took.count()) / 1000);
    std::snprintf(share.data(), share.size(), "%4.1f%%", part);
    rows.push_back({std::string(step.side), std::string(step.name), time.data(), share.data()});
  }
  return format_ragged_table(rows);
}

Result<int> show_plan(Session& session, core::Runtime& runtime, const core::StartRequest& request) {
  LXCX_TRY(steps, runtime.plan_start(request));
  session.out().print(session.wants_json() ? json_of_plan(steps, request.name) : plan_text(steps));
  return 0;
}

}  // namespace

Result<core::StartRequest> read_start_options(Session& session, const Arguments& arguments) {
  core::StartRequest request;
  request.name = arguments.name;
  request.command = arguments.words;
  if (arguments.has("rcfile")) {
    LXCX_TRY(file, session.absolute(arguments.value("rcfile")));
    request.config_file = std::move(file);
  }
  for (const std::string& text : arguments.values("define")) {
    LXCX_TRY(assignment, split_assignment(text, "define"));
    request.overrides.push_back(std::move(assignment));
  }
  for (const std::string_view ns : shared_namespaces) {
    const std::string option = "share-" + std::string(ns);
    if (arguments.has(option)) request.overrides.emplace_back("lxc.namespace.share." + std::string(ns), arguments.value(option));
  }
  request.trace_steps = arguments.has("trace-steps");
  return request;
}

Result<int> run_start(Session& session, const Arguments& arguments, core::StartRequest request) {
  LXCX_TRY(runtime, session.runtime());
  if (arguments.has("dry-run")) return show_plan(session, *runtime, request);
  const bool with_trace = arguments.has("trace-steps");
  // On stderr: of a start that failed, or whose program standard output belongs to.
  request.on_trace = [&](const std::vector<core::StepTime>& steps) {
    session.out().complain(session.wants_json() ? json_of_trace(steps, request.name) : trace_text(steps));
  };
  LXCX_TRY(outcome, runtime->start(request));
  session.warn(outcome.warnings);
  if (request.foreground) return outcome.exit_status;
  if (session.wants_json())
    session.out().print(json_of_start(outcome, request.name, with_trace));
  else if (with_trace)
    session.out().print(trace_text(outcome.trace));
  return 0;
}

}  // namespace lxcx::host
