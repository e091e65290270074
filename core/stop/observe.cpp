// SPDX-License-Identifier: Apache-2.0
#include "core/stop/stop.hpp"

namespace lxcx::core {

State Observed::state() const {
  if (!exists) return State::stopped;
  if (init_alive) return run.state;
  // Between the last breath of init and the end of the teardown; or before init was cloned.
  if (monitor_alive) return run.init.pid == 0 ? State::starting : State::stopping;
  return State::stopped;
}

Observed observe(Host& host, const ContainerPaths& paths) {
  Observed seen;
  const Result<RunDirectory> run = RunDirectory::open(host.kernel, host.root, paths);
  if (!run) return seen;
  seen.exists = true;
  if (const Result<RunState> state = run->read_state()) seen.run = *state;
  seen.init_alive = is_alive(seen.run.init);
  seen.monitor_alive = is_alive(seen.run.monitor);
  return seen;
}

}  // namespace lxcx::core
