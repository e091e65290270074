// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view scope = "steps";

Result<void> run_one(StartContext& context, const StartStep& step) {
  if (step.undo != nullptr) LXCX_CHECK(context.journal.append(scope, "begin", step.name));
  const auto before = std::chrono::steady_clock::now();
  Result<void> done = step.act(context);
  context.trace.push_back({step.name, std::chrono::steady_clock::now() - before, "parent"});
  context.log().trace(std::string(step.name) + (done ? ": done" : ": failed"));
  return doing(std::move(done), std::string(step.name));
}

}  // namespace

Result<void> nothing(StartContext&) { return {}; }

Result<void> run_start_steps(StartContext& context) {
  for (const StartStep& step : start_steps) {
    Result<void> done = run_one(context, step);
    if (done) continue;
    if (const Result<void> undone = undo_start_steps(context); !undone)
      context.log().warn("while undoing the start: " + undone.error().message + ", ignoring");
    return done;
  }
  return {};
}

Result<void> undo_start_steps(StartContext& context) {
  Result<void> first;
  const std::vector<std::string> begun = context.journal.all(scope, "begin");
  for (auto name = begun.rbegin(); name != begun.rend(); ++name) {
    const auto step = std::ranges::find(start_steps, *name, &StartStep::name);
    if (step == start_steps.end() || step->undo == nullptr) continue;
    Result<void> undone = doing(step->undo(context), "undo '" + *name + "'");
    if (undone) continue;
    context.log().warn("undo '" + *name + "': " + undone.error().message + ", ignoring");
    if (first) first = std::move(undone);
  }
  return first;
}

}  // namespace lxcx::core
