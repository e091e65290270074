// SPDX-License-Identifier: Apache-2.0
// Running lxcx-enter.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/attach/attach.hpp"
#include "core/kernel/signals.hpp"

namespace lxcx::core {

/// A static program (lxcx-enter, lxcx-init) opened so that nobody can come by a writable path to it: a detached read-only mount of the file; where
/// the caller may not mount, a sealed copy in memory.
Result<UniqueFd> open_helper(Kernel& kernel, const std::string& path);
/// The copy alone, for who will be under a Landlock ruleset: what lies below no directory is not executed then, memory is.
Result<UniqueFd> copy_helper(Kernel& kernel, const std::string& path);

struct HelperRequest {
  int program = -1;
  int cgroup_v2 = -1;  ///< where it is born; -1: here
  std::string plan;
  UniqueFd status_read, status_write;
  UniqueFd listener_read, listener_write;  ///< empty: no filter has a listener
  std::function<Result<void>(UniqueFd)> take_listener;
  std::vector<int> inherited;  ///< fds that the plan names, above 2
};

/// What became of it.
struct HelperOutcome {
  pid_t command = 0;    ///< runs, and is our child; 0: it could not be executed
  int exit_status = 0;  ///< 126 or 127, when command is 0
  std::string why;      ///< then
};

/// Starts it and waits until the command runs or cannot. Errors: a step before exec failed, nobody took a listener, or a signal asked us to end.
Result<HelperOutcome> run_helper(Kernel& kernel, HelperRequest request, const BlockedSignals& signals);

}  // namespace lxcx::core
