// SPDX-License-Identifier: Apache-2.0
// What no single key can tell: rules between keys.
#pragma once
#include <string>
#include <vector>

#include "core/config/container_config.hpp"

namespace lxcx::core {

/// A rule that two settings break together; `setting` is the later or the incomplete one.
struct Conflict {
  const Setting* setting;
  std::string message, hint;
};

/// Checks config.settings and the members made of them.
std::vector<Conflict> find_conflicts(const ContainerConfig& config);

}  // namespace lxcx::core
