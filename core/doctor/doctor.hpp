// SPDX-License-Identifier: Apache-2.0
// What this machine lacks for containers, found by trying.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/container/host.hpp"

namespace lxcx::core {

enum class Health {
  ok,
  missing,  ///< the kernel, or the machine, does not have it
  broken,   ///< it is there, and of no use
  unknown   ///< the caller may not ask
};
constexpr std::string_view health_name(Health health) {
  switch (health) {
    case Health::ok: return "ok";
    case Health::missing: return "missing";
    case Health::broken: return "broken";
    case Health::unknown: return "unknown";
  }
  return {};
}

struct HealthCheck {
  std::string area, name;
  Health health = Health::ok;
  bool is_essential = false;  ///< a container with the default configuration needs it
  std::string detail;
  std::string needed_for, mend;  ///< when it is not ok: what goes without it, and the command that helps
};

struct Diagnosis {
  std::vector<HealthCheck> checks;
  /// Whether nothing is wrong that a container with the default configuration needs.
  bool is_fit() const {
    return std::ranges::none_of(
        checks, [](const HealthCheck& check) { return check.is_essential && (check.health == Health::missing || check.health == Health::broken); });
  }
};

/// Changes nothing. Forks: wants a single-threaded caller.
Diagnosis diagnose(Host& host, const std::string& lxcpath, const std::string& default_config);

}  // namespace lxcx::core
