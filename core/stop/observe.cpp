// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include "core/stop/stop.hpp"

namespace lxcx::core {

State Observed::state() const {
  if (!exists) return State::stopped;
  // What the file says of the freezer is for those who follow the changes; anyone can thaw a cgroup, so that whoever wants to know asks that.
  if (init_alive) return is_up(run.state) ? State::running : run.state;
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

Error not_running(Host& host, const ContainerPaths& paths) {
  Error error{Code::not_running, 0, "'" + paths.name + "' is not running", "start it: lxcx start " + paths.name, {}, {}, {}};
  if (host.kernel.faccessat(AT_FDCWD, paths.config().c_str(), F_OK, 0)) return error;
  return no_container(host.kernel, paths);
}

}  // namespace lxcx::core
