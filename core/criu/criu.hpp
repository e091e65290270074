// SPDX-License-Identifier: Apache-2.0
// criu(8), which dumps and restores processes: where it is, whether it works here, running it, and what it says.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// One run of criu.
struct CriuRun {
  std::string program;
  std::vector<std::string> arguments;    ///< without argv[0]
  std::vector<std::string> environment;  ///< NAME=VALUE, besides PATH; action scripts get it too
  std::vector<int> inherited;            ///< fds that it keeps under their numbers
  /// In the forked child, before the exec; null: nothing. What it returns as an error is written to the output.
  std::function<Result<void>()> prepare;
};

/// A criu that runs, the caller's child; in a session of its own, so that a Ctrl-C meant for lxcx does not tear it from what it dumps.
struct RunningCriu {
  pid_t pid = 0;
  UniqueFd pidfd;   ///< empty when there was none to be had
  UniqueFd output;  ///< a memfd with its stdout and stderr: what it says before it has a log
};

/// criu's path, from PATH or where root's programs are. Errors: unsupported, with how to get it.
Result<std::string> find_criu(Kernel& kernel);

/// Whether a program is where criu looks for those that it runs.
bool criu_can_run(Kernel& kernel, std::string_view program);

/// `criu check`. Errors: unsupported, with criu's own reason.
Result<void> check_criu(Kernel& kernel, const std::string& program);

/// Errors: nothing runs.
Result<RunningCriu> start_criu(Kernel& kernel, const CriuRun& run);
/// Until it ends. Errors: those of the wait, and then nobody knows how it ended; a failing criu is a status.
Result<ExitStatus> await_criu(Kernel& kernel, RunningCriu& running);

/// What it wrote to stdout and stderr so far.
std::string output_of(Kernel& kernel, const RunningCriu& running);

/// The last lines of a log, or of its output, that are errors, without their place in criu's source: at most `most`, oldest first.
std::vector<std::string> error_lines(std::string_view log, std::size_t most);

}  // namespace lxcx::core
