// SPDX-License-Identifier: Apache-2.0
// Runs one shell command to its end, listening to what it prints.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "lxcx/result.hpp"
#include "output.hpp"

namespace lxcx::script {

struct Command {
  std::string text;                      ///< for /bin/sh, after `exec`
  std::vector<std::string> args;         ///< appended as they are: the shell does not look into them
  std::vector<std::string> environment;  ///< all of it, NAME=value
};

struct Ended {
  int status = 0;  ///< as wait(2) has it
  bool was_cancelled = false;
  bool left_listeners = false;  ///< a process that the command left behind still holds its output open
  std::chrono::milliseconds duration{};
};

/// Between the clone and the exec of a container this runs under the container's own system call filter, so it keeps to old system calls
/// (no pidfd, no posix_spawn, which is clone3). Errors: the kernel's, when the shell cannot be started.
Result<Ended> run_command(const Command& command, Output& output, const std::function<bool()>& is_cancelled);

}  // namespace lxcx::script
