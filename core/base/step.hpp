// SPDX-License-Identifier: Apache-2.0
// The sequence is data: a start is a table of steps, and one loop runs, times, journals and unwinds it.
#pragma once
#include <chrono>
#include <string_view>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::core {

template <class Context>
struct Step {
  std::string_view name;                    ///< what it does, in the imperative; the error's context and the trace's line
  Result<void> (*act)(Context&);
  Result<void> (*undo)(Context&) = nullptr;  ///< idempotent; also run by another process, from the journal alone
  bool undo_is_hooks = false;                ///< run at most once, and a failure leaves nothing to try again
};

struct StepTime {
  std::string_view name;
  std::chrono::nanoseconds took;
  std::string_view side = "parent";  ///< or "child"
};

}  // namespace lxcx::core
