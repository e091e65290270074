// SPDX-License-Identifier: Apache-2.0
// /proc/PID/mountinfo, and which of a container's mounts come from outside. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lxcx::core {

/// proc(5): what criu and lxcx look at.
struct MountLine {
  unsigned major = 0, minor = 0;  ///< of the file system, as st_dev has it
  std::string root;               ///< which of its directories or files is mounted
  std::string point;              ///< where, octal escapes resolved
  std::string type, options;      ///< of the file system; its options
};
std::vector<MountLine> parse_mountinfo(std::string_view text);

/// The mounts whose file system the container does not see from its root on, or not from that of its own root file system: to criu they are external.
/// Not those that criu makes by itself whatever their root: cgroups, and devpts, whose nodes are terminals.
std::vector<MountLine> outside_mounts(const std::vector<MountLine>& container);

/// Where this machine shows what `mount` shows, newest mount first; empty: nowhere.
std::vector<std::string> places_outside(const MountLine& mount, const std::vector<MountLine>& machine);

}  // namespace lxcx::core
