// SPDX-License-Identifier: Apache-2.0
// What an image may say in the configuration of the container made from it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::local {

/// An image is somebody else's. What it may say is listed, and everything else refused: keys about the inside of its container; hooks, includes
/// and seccomp policies that are LXC's own; mounts of file systems that show nothing of the host, binds of what is in its own root (`relative`), and
/// of the kernel interfaces under /sys that distributions use. Lines have their placeholders replaced. A /proc or /sys that may be
/// written to is for a container with an id map: without one it is the host's. Errors: config, quoting the line.
Result<void> check_config_line(std::string_view line, bool has_id_map = false);
/// The same for one line of its fstab.
Result<void> check_mount_line(std::string_view line, bool has_id_map = false);

}  // namespace lxcx::local
