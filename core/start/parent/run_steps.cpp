// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/start/parent/steps.hpp"
#include "core/start/plan.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view scope = "steps";

Result<void> run_one(StartContext& context, const StartStep& step) {
  if (step.undo != nullptr) LXCX_CHECK(context.journal.append(scope, "begin", step.name));
  const auto before = std::chrono::steady_clock::now();
  Result<void> done = step.act(context);
  context.trace.push_back({step.name, std::chrono::steady_clock::now() - before, "parent"});
  if (done) log_step(context, false, step.name);
  return doing(std::move(done), std::string(step.name));
}

}  // namespace

Result<void> nothing(StartContext&) { return {}; }

void log_step(StartContext& context, bool is_child, std::string_view step) {
  if (!context.log().wants(Level::debug)) return;
  const std::string name = (is_child ? "child: " : "") + std::string(step);
  context.log().trace(name + ": done");
  for (const std::string& detail : step_details(context, is_child, step)) context.log().debug(name + ": " + detail);
}

Result<void> run_start_steps(StartContext& context) { return run_steps(context, start_steps); }

Result<void> run_steps(StartContext& context, std::span<const StartStep> steps) {
  for (const StartStep& step : steps) {
    Result<void> done = run_one(context, step);
    if (done) continue;
    take_back(context);
    return done;
  }
  return {};
}

Unwound undo_start_steps(StartContext& context) {
  Unwound unwound;
  const std::vector<std::string> begun = context.journal.all(scope, "begin");
  const std::vector<std::string> undone = context.journal.all(scope, "undone");
  // A line that cannot be written costs a repetition, no more: every undo but the hooks' is idempotent.
  const auto note = [&](std::string_view name) { (void)context.journal.append(scope, "undone", name); };
  for (auto name = begun.rbegin(); name != begun.rend(); ++name) {
    const auto step = std::ranges::find(start_steps, *name, &StartStep::name);
    if (step == start_steps.end() || step->undo == nullptr || std::ranges::find(undone, *name) != undone.end()) continue;
    if (step->undo_is_hooks) note(*name);
    Result<void> result = doing(step->undo(context), "undo '" + *name + "'");
    if (result && !step->undo_is_hooks) note(*name);
    if (result) context.log().trace("undo '" + *name + "': done");
    if (result) continue;
    context.log().warn("undo '" + *name + "': " + result.error().message + ", ignoring");
    if (!step->undo_is_hooks) unwound.is_complete = false;
    if (unwound.first_failure) unwound.first_failure = std::move(result);
  }
  return unwound;
}

void take_back(StartContext& context) {
  context.state.enter(State::aborting);
  if (const Result<void> written = context.run->write_state(context.state); !written)
    context.log().warn("write the state: " + written.error().message + ", ignoring");
  const Unwound unwound = undo_start_steps(context);
  if (!unwound.is_complete)
    return context.log().warn("not all of '" + context.paths.name + "' could be taken down; the next lxcx command on it tries again");
  if (const Result<void> gone = context.run->remove(); !gone) context.log().warn("remove the run directory: " + gone.error().message + ", ignoring");
}

}  // namespace lxcx::core
