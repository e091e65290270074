// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "core/config/container_config.hpp"
#include "core/plugin/manifest.hpp"

namespace lxcx::core {

/// Checks settings, named as the manifest names them, against what it declares: the name, and the form of an integer, size or boolean. A
/// declared name ending in ".*" stands for any that begins so.
/// Errors: config, at the setting's place, with did-you-mean.
Result<void> check_settings(const Manifest& manifest, const std::vector<Setting>& settings);

}  // namespace lxcx::core
