// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/mount_table.hpp"

#include <algorithm>
#include <array>
#include <ranges>

#include "core/base/text.hpp"

namespace lxcx::core {

namespace {

/// proc(5): blank, tab, newline and backslash are written as \040, \011, \012 and \134.
std::string without_escapes(std::string_view text) {
  std::string plain;
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && std::ranges::all_of(text.substr(i + 1, 3), is_octal)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool is_beneath(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

bool same_file_system(const MountLine& a, const MountLine& b) { return a.major == b.major && a.minor == b.minor; }

bool is_made_by_criu(const MountLine& mount) { return mount.type == "cgroup" || mount.type == "cgroup2" || mount.type == "devpts"; }

}  // namespace

std::vector<MountLine> parse_mountinfo(std::string_view text) {
  std::vector<MountLine> mounts;
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> fields = split(line, ' ');
    const auto mark = std::ranges::find(fields, "-");
    if (fields.size() < 7 || fields.end() - mark < 4) continue;
    const std::vector<std::string> device = split(fields[2], ':');
    if (device.size() != 2) continue;
    const auto number = [&](std::size_t i) { return static_cast<unsigned>(parse_integer(device[i]).value_or(0)); };
    mounts.push_back({number(0), number(1), without_escapes(fields[3]), without_escapes(fields[4]), *std::next(mark), *std::next(mark, 3)});
  }
  return mounts;
}

std::vector<MountLine> outside_mounts(const std::vector<MountLine>& container) {
  std::vector<MountLine> outside;
  for (const MountLine& mount : container) {
    if (is_made_by_criu(mount) || mount.point == "/") continue;
    const bool is_inside = std::ranges::any_of(container, [&](const MountLine& whole) {
      return same_file_system(mount, whole) && (whole.root == "/" || (whole.point == "/" && is_beneath(mount.root, whole.root)));
    });
    if (!is_inside) outside.push_back(mount);
  }
  return outside;
}

std::vector<std::string> places_outside(const MountLine& mount, const std::vector<MountLine>& machine) {
  std::vector<std::string> places;
  for (const MountLine& each : machine | std::views::reverse) {
    if (!same_file_system(mount, each) || !is_beneath(mount.root, each.root)) continue;
    const std::string rest = each.root == "/" ? mount.root : mount.root.substr(each.root.size());
    std::string place = each.point == "/" ? rest : each.point + (rest == "/" ? "" : rest);
    places.push_back(place.empty() ? "/" : std::move(place));
  }
  return places;
}

}  // namespace lxcx::core
