// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <algorithm>
#include <limits>

#include "core/base/text.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'s', "state", "STATE|…", "The states to wait for, any of them: STOPPED, STARTING, RUNNING, STOPPING, ABORTING, FREEZING, FROZEN, THAWED.",
     Completes::state},
    {'t', "timeout", "SECONDS", "Give up after that; -1: never, which is the default; 0: look once."},
};

Result<std::vector<core::State>> parse_states(const std::string& text) {
  std::vector<core::State> states;
  for (const std::string& word : core::split(text, '|')) {
    const std::optional<core::State> state = core::parse_state(core::trim(word));
    if (!state) return fail(Code::usage, "--state: there is no state '" + word + "'", "`lxcx help wait` lists them");
    states.push_back(*state);
  }
  if (states.empty()) return fail(Code::usage, "no state to wait for was given", "-s RUNNING, or -s 'STOPPED|FROZEN'");
  return states;
}

Result<int> run(Session& session, const Arguments& arguments) {
  LXCX_TRY(states, parse_states(arguments.value("state")));
  LXCX_TRY(timeout, arguments.number("timeout", -1, -1, std::numeric_limits<int>::max() / 1000));
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(reached, runtime->wait(arguments.name, states, static_cast<int>(timeout)));
  if (reached) return 0;
  const std::string wanted = arguments.value("state");
  if (timeout == 0) return fail(Code::timeout, arguments.name + " is not " + wanted + " now");
  return fail(Code::timeout, arguments.name + " was not " + wanted + " within " + std::to_string(timeout) + " s");
}

}  // namespace

constinit const Command wait{
    .name = "wait",
    .summary = "Wait until a container is in a state",
    .operands = "-s STATE NAME",
    .takes = Operands::name,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
