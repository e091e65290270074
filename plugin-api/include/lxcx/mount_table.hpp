// SPDX-License-Identifier: Apache-2.0
// What is mounted where, for who removes directories. Optional: nothing of the boundary uses it.
#pragma once
#include <unistd.h>

#include <fstream>
#include <string>
#include <string_view>

namespace lxcx {

/// mountinfo writes blank, tab, newline and backslash as \ooo (proc(5)).
inline std::string unescape_mount_path(std::string_view field) {
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size()) {
      text += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
      i += 3;
    } else {
      text += field[i];
    }
  }
  return text;
}

/// The first mount point below the open directory, as this mount namespace sees it; empty when there is none.
inline std::string mount_below(int directory) {
  char path[4096];
  const ssize_t length = ::readlink(("/proc/self/fd/" + std::to_string(directory)).c_str(), path, sizeof path);
  if (length <= 0 || length == static_cast<ssize_t>(sizeof path)) return {};
  const std::string top(path, static_cast<std::size_t>(length));
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::size_t start = 0;
    for (int field = 0; field < 4 && start != std::string::npos; ++field) start = line.find(' ', start) + 1;
    const std::string point = unescape_mount_path(std::string_view(line).substr(start, line.find(' ', start) - start));
    if (point.starts_with(top + "/")) return point;
  }
  return {};
}

}  // namespace lxcx
