// SPDX-License-Identifier: Apache-2.0
// Starting a container: what is asked, and what comes of it.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/step.hpp"
#include "core/container/host.hpp"

namespace lxcx::core {

using Overrides = std::vector<std::pair<std::string, std::string>>;
using Warnings = std::vector<std::string>;

struct StartRequest {
  std::string name;
  std::vector<std::string> command;  ///< empty: lxc.init.cmd, else /sbin/init
  bool foreground = false;
  bool reports_status = true;        ///< foreground: ends with init's status; false: with 0, as lxc-start does
  bool execute = false;              ///< run the command below a small init that reaps and forwards signals
  bool needs_definition = true;      ///< with execute, false: one that is not defined shares the host's root
  std::string config_file;           ///< -f: instead of the container's own; the container need not be defined
  Overrides overrides;               ///< -s KEY=VALUE
  std::string console_path, console_log, pid_file;
  bool close_inherited_fds = true;
  bool trace_steps = false;          ///< fill StartOutcome::trace
  /// With trace_steps: told the steps when there is no outcome, of a start that failed and of one in the foreground, whose program then runs.
  std::function<void(const std::vector<StepTime>&)> on_trace;
  std::chrono::milliseconds timeout{0};  ///< 0: none
};

struct StartOutcome {
  pid_t init = 0;
  int exit_status = 0;               ///< foreground: of init, as a shell reports it
  std::vector<StepTime> trace;       ///< parent and child steps, in the order they ended; empty unless it was asked for
  Warnings warnings;
};

struct PlannedStep {
  std::string side;                  ///< "parent" or "child"
  std::string name;
  std::vector<std::string> details;  ///< "storage plugin 'dir' 1.0.0", "mount proc on /proc"
};

/// Returns once init runs (daemon), or when the container has ended (foreground). Errors name the step that failed; nothing is left behind.
/// Single-threaded callers only: it forks.
Result<StartOutcome> start_container(Host& host, const ContainerPaths& paths, const StartRequest& request);

/// The steps of a start and what each would do; validates everything a start would, touches nothing.
Result<std::vector<PlannedStep>> plan_start(Host& host, const ContainerPaths& paths, const StartRequest& request);

/// What the plugins say of a configuration that need be no container's: those it asks for are there, and find no fault with its settings. The
/// root file system need not exist.
Result<void> check_with_plugins(Host& host, const ContainerPaths& paths, ContainerConfig config);

/// The configuration a start would use: file, then overrides; refused when it names keys that do not act yet.
Result<ContainerConfig> load_start_config(Host& host, const ContainerPaths& paths, const StartRequest& request, Warnings& warnings);

}  // namespace lxcx::core
