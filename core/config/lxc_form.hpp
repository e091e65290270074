// SPDX-License-Identifier: Apache-2.0
// The values of a configuration in the form that LXC's lxc-info -c gives them, which is not always how they were written.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/config/container_config.hpp"
#include "lxcx/result.hpp"

namespace lxcx::core {

/// One line each: none for what is not set and has no default to show. `rootfs_mount` is the default of lxc.rootfs.mount.
/// Errors: usage, for what lxc-info does not take: no key, a name from before 2.1, lxc.hook, lxc.net.0.
Result<std::vector<std::string>> values_as_lxc(const ContainerConfig& config, std::string_view key, const std::string& rootfs_mount);

}  // namespace lxcx::core
