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
  std::optional<DumpRequest> dumped;
  std::optional<RestoreRequest> restored;
  std::optional<AttachRequest> attached;
  std::optional<ConsoleRequest> connected;
  std::optional<ListRequest> listed;
  std::optional<bool> listed_details;
  std::optional<DestroyRequest> destroyed;
  std::optional<DeviceRequest> added, removed;
  std::pair<std::string, std::string> renamed;
  struct Copied {
    std::string name, new_name, new_lxcpath;
    CopyRequest request;
  };
  std::optional<Copied> copied;
  std::optional<bool> frozen;
  std::optional<AutostartRequest> autostarted;
  std::optional<FollowRequest> followed;
  std::vector<State> waited_for;
  int waited_s = -2;
  std::string torn_down;
  std::optional<Watch> watched;
  std::optional<UnshareRequest> unshared;
  std::string drawn;
  std::string cgroup_file;

  // What is answered:
  std::optional<Error> error;  ///< by every verb
  CreateOutcome create_outcome;
  StartOutcome start_outcome;
  std::vector<PlannedStep> plan;
  ContainerInfo info;
  std::vector<ContainerSummary> containers;
  std::vector<AutostartItem> autostart_plan;
  std::vector<StateEvent> events;
  std::vector<std::string> config_values;
  ContainerConfig running_config;
  KernelCheck kernel_check;
  Diagnosis diagnosis;
  std::vector<ContainerUsage> usage;
  std::string keys;  ///< that are typed
  std::string cgroup_value;  ///< also what was set
  int attach_status = 0;
  int teardown_status = 0;
  bool reached = true;
  std::string lxcpath = "/var/lib/lxc";
  RegistryOptions registry{.ignore_system_directories = true};
};

/// The one that the next Runtime is opened on.
FakeWorld& fake_world();

}  // namespace lxcx::core
