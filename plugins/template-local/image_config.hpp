// SPDX-License-Identifier: Apache-2.0
// What an image may say in the configuration of the container made from it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::local {

/// An image is somebody else's. Refuses the lines by which it could run programs on the host or reach the host's files: hooks and scripts that are
/// not LXC's own, includes from elsewhere than LXC's, the root file system's and log files' places, and binds of anything but /sys and /proc. Lines
/// have their placeholders replaced. Errors: config, quoting the line.
Result<void> check_config_line(std::string_view line);
/// The same for one line of its fstab.
Result<void> check_mount_line(std::string_view line);

}  // namespace lxcx::local
