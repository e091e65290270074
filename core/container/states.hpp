// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>

namespace lxcx::core {

/// A container's states, with LXC's names and numbers.
enum class State : int {
  stopped = 0,
  starting,
  running,
  stopping,
  aborting,
  freezing,
  frozen,
  thawed
};

std::string_view state_name(State state);                     ///< "RUNNING"
std::optional<State> parse_state(std::string_view text);      ///< in any case
bool is_up(State state);                                       ///< init runs, or is frozen

}  // namespace lxcx::core
