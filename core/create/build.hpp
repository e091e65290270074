// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "core/create/create.hpp"

namespace lxcx::core {

struct BuildRequest {
  std::string template_name;
  Template* builder = nullptr;
  std::vector<Setting> template_settings;
  std::string storage_name;
  Storage* storage = nullptr;
  std::vector<Setting> storage_settings;
  std::string source;
  const ContainerConfig& config;
  const CreateRequest& create;
};

struct BuildOutcome {
  std::vector<std::string> config_lines, messages;
};

/// Runs the template in a forked process with a mount namespace of its own, in which the volume is mounted: whatever it mounts ends with it.
Result<BuildOutcome> build_rootfs(Host& host, const ContainerPaths& paths, const BuildRequest& request);

/// The create event, to the hook plugins the new configuration asks for; nothing it says can undo the creation.
void tell_hooks_of_create(Host& host, const ContainerPaths& paths);

}  // namespace lxcx::core
