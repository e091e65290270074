// SPDX-License-Identifier: Apache-2.0
#include "core/container/states.hpp"

#include <array>

#include "core/base/text.hpp"

namespace lxcx::core {

namespace {

constexpr std::array<std::string_view, 8> names{"STOPPED", "STARTING", "RUNNING", "STOPPING", "ABORTING", "FREEZING", "FROZEN", "THAWED"};

constexpr unsigned bit(State state) { return 1U << static_cast<int>(state); }

/// For each state, those that may come next.
constexpr std::array<unsigned, 8> moves{
    bit(State::starting),                                                          // stopped
    bit(State::running) | bit(State::aborting) | bit(State::stopping),             // starting
    bit(State::freezing) | bit(State::stopping),                                   // running
    bit(State::stopped) | bit(State::starting),                                    // stopping (starting: a reboot)
    bit(State::stopping) | bit(State::stopped),                                    // aborting
    bit(State::frozen) | bit(State::thawed) | bit(State::stopping),                // freezing
    bit(State::thawed) | bit(State::stopping),                                     // frozen
    bit(State::running) | bit(State::freezing) | bit(State::stopping),             // thawed
};

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

bool may_follow(State from, State to) { return (moves[static_cast<std::size_t>(from)] & bit(to)) != 0; }

}  // namespace lxcx::core
