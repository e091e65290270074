// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/config/container_config.hpp"

namespace lxcx::test {

/// Everything a configuration means, as text, one member a line, without places in files: two configurations are equal when these are.
std::string describe(const core::ContainerConfig& config);

}  // namespace lxcx::test
