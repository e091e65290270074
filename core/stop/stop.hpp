// SPDX-License-Identifier: Apache-2.0
// Ending a container: asking its init, or killing it; and taking everything down that its start made.
#pragma once
#include <string>

#include "core/container/host.hpp"
#include "core/container/run_directory.hpp"

namespace lxcx::core {

struct StopRequest {
  std::string name;
  bool kill = false, reboot = false, no_wait = false, no_kill = false;
  int timeout_s = 60;  ///< -1: for ever
};

/// Returns when the container is down (or, with reboot, up again; or, with no_wait, told). Errors: not_running; timeout with no_kill.
Result<void> stop_container(Host& host, const ContainerPaths& paths, const StopRequest& request);

/// What the monitor becomes when init has ended: stop hooks, the undo of the journal, post-stop hooks; then a new start after a reboot (which
/// does not return), or the removal of an ephemeral container. Returns init's status as a shell reports it.
Result<int> teardown_container(Host& host, const std::string& run_directory);

/// A run directory whose monitor is dead and whose init is gone, or was never let run: a teardown that nobody is doing. Finishes it; true if there
/// was one. Errors: busy when another process is at it, and still is after `timeout_ms`.
Result<bool> finish_stale_teardown(Host& host, const ContainerPaths& paths, int timeout_ms = 5000);

/// What a look at the run directory says; nothing is changed.
struct Observed {
  bool exists = false;         ///< there is a run directory
  bool init_alive = false, monitor_alive = false;
  RunState run;
  State state() const;
  /// Nobody is at it any more: init ended and so did its monitor, or whoever was starting it.
  bool is_abandoned() const { return exists && !monitor_alive && (!init_alive || !is_up(run.state)); }
};
Observed observe(Host& host, const ContainerPaths& paths);

/// Why nothing can be done with what does not run: not_running, or not_found when it is not even defined.
Error not_running(Host& host, const ContainerPaths& paths);

}  // namespace lxcx::core
