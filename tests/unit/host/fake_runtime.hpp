// SPDX-License-Identifier: Apache-2.0
// A runtime that runs nothing: it answers what a test told it to, and remembers what it was asked. Linked in place of lxcx_core.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/runtime.hpp"

namespace lxcx::core {

struct FakeWorld {
  // What was asked:
  std::optional<RuntimeOptions> options;
  std::optional<CreateRequest> created;
  std::optional<StartRequest> started, planned;
  std::optional<StopRequest> stopped;
  std::optional<AttachRequest> attached;
  std::optional<ConsoleRequest> connected;
  std::optional<ListRequest> listed;
  std::optional<bool> listed_details;
  std::optional<DestroyRequest> destroyed;
  std::optional<bool> frozen;
  std::vector<State> waited_for;
  int waited_s = -2;
  std::string torn_down;

  // What is answered:
  std::optional<Error> error;  ///< by every verb
  CreateOutcome create_outcome;
  StartOutcome start_outcome;
  std::vector<PlannedStep> plan;
  ContainerInfo info;
  std::vector<ContainerSummary> containers;
  std::vector<std::string> config_values;
  int attach_status = 0;
  int teardown_status = 0;
  bool reached = true;
  std::string lxcpath = "/var/lib/lxc";
  RegistryOptions registry{.ignore_system_directories = true};
};

/// The one that the next Runtime is opened on.
FakeWorld& fake_world();

}  // namespace lxcx::core
