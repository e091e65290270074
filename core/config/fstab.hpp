// SPDX-License-Identifier: Apache-2.0
// fstab(5) lines, for lxc.mount.entry and for the file that lxc.mount.fstab names (parse_fstab, in parse.hpp).
#pragma once
#include <string_view>
#include <vector>

#include "core/config/container_config.hpp"
#include "core/config/values.hpp"

namespace lxcx::core {

/// `source target type [options [dump [pass]]]`; octal escapes such as \040 resolved. Fills all but `where`. Fields after the options that
/// are no numbers are told in *warnings: getmntent(3), and so LXC, skips them in silence.
Checked<MountEntry> parse_mount_line(std::string_view line, std::vector<Complaint>* warnings);

}  // namespace lxcx::core
