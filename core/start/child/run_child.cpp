// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "core/base/error_frame.hpp"
#include "core/start/child/steps.hpp"
#include "core/start/frame_log.hpp"

namespace lxcx::core {

namespace {

Result<void> run_steps(ChildContext& context) {
  // A message for each step costs as much as many a step.
  const bool is_followed = context.start.request.trace_steps || context.start.log().wants(Level::debug);
  for (std::size_t i = 0; i < child_steps.size(); ++i) {
    const auto before = std::chrono::steady_clock::now();
    LXCX_CHECK(doing(child_steps[i].act(context), std::string(child_steps[i].name)));
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - before;
    if (is_followed) LXCX_CHECK(send_frame(context.kernel, context.sync.get(), Frame::step, std::to_string(i) + "\t" + std::to_string(took.count())));
  }
  return fail(Code::internal, "exec returned without an error");
}

}  // namespace

std::size_t child_step_count() { return child_steps.size(); }
std::string_view child_step_name(std::size_t index) { return child_steps[index].name; }

void run_child(StartContext& start, UniqueFd sync, std::vector<UniqueFd> v1_tasks, SharedNamespaces shared) {
  FrameLog log(start.kernel, sync.get(), start.host.log);
  start.forked_log = &log;
  start.init = 0;
  ChildContext context{start, start.kernel, start.config, std::move(sync), std::move(v1_tasks), std::move(shared), {}, {}, {}, {}, {}, {}, {}};
  const Result<void> done = run_steps(context);
  (void)send_frame(start.kernel, context.sync.get(), Frame::error, pack_error(done.error()));
  ::_exit(done.error().code == Code::internal ? LXCX_INTERNAL : static_cast<int>(done.error().code));
}

}  // namespace lxcx::core
