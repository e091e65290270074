// SPDX-License-Identifier: Apache-2.0
// What containers use of a kernel, by the configuration it was built with.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

struct KernelFeature {
  std::string section, name, option;
  enum class State {
    enabled,
    missing,
    required  ///< missing, and nothing works without it
  } state = State::enabled;
  std::optional<bool> loaded;  ///< of what can be a module, where the kernel has modules
};

struct KernelCheck {
  std::string file;  ///< the configuration
  std::vector<KernelFeature> features;
  std::vector<std::string> warnings;  ///< of newuidmap and newgidmap
  std::vector<std::string> cgroup_v1_mounts, cgroup_v2_mounts;
};

/// `file`: $CONFIG, or empty. Errors: not_found when there is no configuration.
Result<KernelCheck> check_kernel_config(Kernel& kernel, const std::string& file);

/// Why a set-user-ID helper such as newuidmap cannot do its work; empty: it can. `path` is set when it is there.
std::string helper_problem(Kernel& kernel, const std::string& name, std::string* path = nullptr);

/// The first of PATH, then of the usual directories; empty: there is none.
std::string find_program(Kernel& kernel, const std::string& name);

}  // namespace lxcx::core
