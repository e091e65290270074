// SPDX-License-Identifier: Apache-2.0
// State changes as they happen, from the run directories: no daemon tells them, and none has to run.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/container/host.hpp"
#include "core/container/states.hpp"

namespace lxcx::core {

struct StateEvent {
  std::string lxcpath, name;
  std::int64_t time_us = 0;        ///< since the epoch
  State state = State::stopped;    ///< entered; of an exit: STOPPING, which comes next
  std::optional<int> exit_status;  ///< as wait(2) has it: init ended; no state was entered
};

struct FollowRequest {
  std::vector<std::string> lxcpaths;
  std::function<bool(const std::string& name)> wants;  ///< empty: all
  int timeout_s = -1;                                  ///< -1: for ever
  int output_fd = -1;           ///< ends when nobody reads its other end any more; -1: none
  bool catches_signals = true;  ///< SIGINT, SIGTERM and SIGHUP end it; else they act
};

enum class FollowEnd {
  enough,       ///< the callback said so
  timeout,
  interrupted,  ///< by a signal
  unread
};

/// Calls `on_event` for what happens from now on, until that says false. Each state that a container enters is told once and in order, however late
/// the look: the state file keeps the last ones. Where a run directory came and went between two looks, what must have been is told. A container
/// whose init and monitor were both killed is taken down, as any command on it would do.
Result<FollowEnd> follow_states(Host& host, const FollowRequest& request, const std::function<Result<bool>(const StateEvent&)>& on_event);

}  // namespace lxcx::core
