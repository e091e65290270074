// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "core/container/run_directory.hpp"
#include "tests/unit/kernel/temporary_directory.hpp"

using namespace lxcx;
using namespace lxcx::core;

TEST_CASE("the state file keeps the last states that were entered, each once", "[stop]") {
  const test::TemporaryDirectory directory;
  const RunDirectory run = RunDirectory::open_path(real_kernel(), directory.path()).value();
  RunState state;
  for (const State each : {State::starting, State::starting, State::running, State::freezing, State::frozen}) {
    state.enter(each);
    REQUIRE(run.write_state(state));
    state = run.read_state().value();
  }
  REQUIRE(state.changes.size() == 4);
  CHECK(state.changes.front().number == 1);
  CHECK(state.changes.back().number == 4);
  CHECK(state.changes.back().state == State::frozen);
  CHECK(state.changes.front().time_us > 0);
  CHECK(state.state == State::frozen);
  for (int i = 0; i < 1000; ++i) state.enter(i % 2 == 0 ? State::thawed : State::frozen);
  REQUIRE(run.write_state(state));
  const RunState again = run.read_state().value();
  CHECK(again.changes.size() == state.changes.size());
  CHECK(again.changes.size() < 100);
  CHECK(again.changes.back().number == 1004);
  CHECK(again.changes.back().time_us == state.changes.back().time_us);
}
