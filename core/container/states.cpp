// SPDX-License-Identifier: Apache-2.0
#include "core/container/states.hpp"

#include <array>

#include "core/base/text.hpp"

namespace lxcx::core {

namespace {

constexpr std::array<std::string_view, 8> names{"STOPPED", "STARTING", "RUNNING", "STOPPING", "ABORTING", "FREEZING", "FROZEN", "THAWED"};

constexpr unsigned bit(State state) { return 1U << static_cast<int>(state); }

}  // namespace

std::string_view state_name(State state) { return names[static_cast<std::size_t>(state)]; }

std::optional<State> parse_state(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (equal_ignoring_case(text, names[i])) return static_cast<State>(i);
  return std::nullopt;
}

bool is_up(State state) {
  constexpr unsigned up = bit(State::running) | bit(State::freezing) | bit(State::frozen) | bit(State::thawed);
  return (bit(state) & up) != 0;
}

}  // namespace lxcx::core
