// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/start/context.hpp"

namespace lxcx::core {

/// What a step will do for this container, or has done, a line each: for --dry-run and for the log. `is_child`: the steps of two tables have names of
/// their own.
std::vector<std::string> step_details(const StartContext& context, bool is_child, std::string_view step);

}  // namespace lxcx::core
