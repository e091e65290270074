// SPDX-License-Identifier: Apache-2.0
// What the steps of a restore share beyond a start's context.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint/cgroup_yard.hpp"
#include "core/checkpoint/image.hpp"
#include "core/criu/criu.hpp"
#include "core/start/context.hpp"

namespace lxcx::core {

struct RestorePlan {
  ImageDirectory images;
  CheckpointFacts facts;
  std::string criu;
  std::string action_script;
  bool verbose = false;

  /// One for each of facts.terminals: its slave, from the host's devpts, for the files that the container had open, and the path to mount.
  struct Slave {
    UniqueFd fd;
    std::string path;
  };
  std::vector<Slave> slaves;
  std::vector<std::string> host_names;  ///< one for each of facts.nics: the host's end, that criu makes
  /// The gate that holds the restored processes still until lxcx has done its part: the program libexec/lxcx/lxcx-restore-gate writes init's pid to
  /// the one pipe and reads "go" from the other; an end of file is a no.
  std::pair<UniqueFd, UniqueFd> restored, go;
  std::optional<CgroupYard> cgroup_yard;  ///< none on a machine without cgroups
  std::optional<RunningCriu> running;
};

/// The whole restore in the process that becomes the monitor, as run_start_steps() is for a start; context.restore_plan is set.
Result<void> run_restore_steps(StartContext& context);

}  // namespace lxcx::core
