// SPDX-License-Identifier: Apache-2.0
#include "core/cgroup/cgroup_layout.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace lxcx::core {
namespace {

/// proc_pid_mountinfo(5) writes blank, tab, newline and backslash as three octal digits.
std::string unescape_octal(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool escaped = text[at] == '\\' && at + 3 < text.size() && text[at + 1] >= '0' && text[at + 1] <= '3';
    if (!escaped) {
      plain.push_back(text[at]);
      continue;
    }
    plain.push_back(static_cast<char>(((text[at + 1] - '0') << 6) | ((text[at + 2] - '0') << 3) | (text[at + 3] - '0')));
    at += 3;
  }
  return plain;
}

/// A v1 mount's super options name its controllers, among generic flags and settings of the hierarchy itself.
std::vector<std::string> v1_controllers(std::string_view super_options) {
  std::vector<std::string> controllers;
  for (std::string& option : split(super_options, ',')) {
    const bool is_setting = option == "rw" || option == "ro" || option == "noprefix" || option == "clone_children" || option == "xattr" ||
                            option == "cpuset_v2_mode" || option == "favordynmods" || option.starts_with("release_agent=");
    if (!is_setting) controllers.push_back(std::move(option));
  }
  std::sort(controllers.begin(), controllers.end());
  return controllers;
}

/// The path of the hierarchy with these controllers in /proc/PID/cgroup ("4:memory:/x", "0::/x"); nothing when it is not there.
const std::string* path_in(const std::vector<std::vector<std::string>>& lines, const Hierarchy& hierarchy) {
  for (const auto& fields : lines) {
    if (fields.size() != 3) continue;
    std::vector<std::string> controllers = split(fields[1], ',');
    std::sort(controllers.begin(), controllers.end());
    if (hierarchy.is_v2 ? controllers.empty() : controllers == hierarchy.controllers) return &fields[2];
  }
  return nullptr;
}

/// "4:memory:/a:b" -> three fields; the path may hold colons.
std::vector<std::string> three_fields(std::string_view line) {
  const std::size_t first = line.find(':');
  const std::size_t second = first == line.npos ? first : line.find(':', first + 1);
  if (second == line.npos) return {};
  return {std::string(line.substr(0, first)), std::string(line.substr(first + 1, second - first - 1)), std::string(line.substr(second + 1))};
}

std::string without_init_scope(std::string path) {
  // systemd puts itself into a leaf; containers go beside it, not below, since v2 forbids children of a group with processes.
  constexpr std::string_view scope = "/init.scope";
  if (path.ends_with(scope)) path.resize(path.size() - scope.size());
  while (path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

std::vector<Hierarchy> parse_cgroup_mounts(std::string_view mountinfo, const std::vector<std::string>& v2_controllers) {
  std::vector<Hierarchy> found;
  for (const std::string& line : split(mountinfo, '\n')) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const std::vector<std::string> after = split(std::string_view(line).substr(dash + 3), ' ');
    if (after.size() < 3 || (after[0] != "cgroup" && after[0] != "cgroup2")) continue;
    const std::vector<std::string> before = split(std::string_view(line).substr(0, dash), ' ');
    if (before.size() < 5) continue;
    Hierarchy hierarchy;
    hierarchy.is_v2 = after[0] == "cgroup2";
    hierarchy.mount_point = unescape_octal(before[4]);
    hierarchy.controllers = hierarchy.is_v2 ? v2_controllers : v1_controllers(after[2]);
    hierarchy.base = unescape_octal(before[3]);
    const bool is_known = std::any_of(found.begin(), found.end(), [&](const Hierarchy& other) {
      return other.is_v2 == hierarchy.is_v2 && (hierarchy.is_v2 || other.controllers == hierarchy.controllers);
    });
    if (!is_known) found.push_back(std::move(hierarchy));
  }
  return found;
}

void place_bases(std::vector<Hierarchy>& hierarchies, std::string_view proc_cgroup) {
  std::vector<std::vector<std::string>> lines;
  for (const std::string& line : split(proc_cgroup, '\n')) lines.push_back(three_fields(line));
  std::erase_if(hierarchies, [&](Hierarchy& hierarchy) {
    const std::string* path = path_in(lines, hierarchy);
    if (!path) return true;
    std::string root = hierarchy.base == "/" ? std::string() : hierarchy.base;
    // cgroup_namespaces(7): "/.." means outside of our cgroup namespace; its root is then as high as we can go.
    const std::string shown = path->starts_with("/..") ? root : without_init_scope(*path);
    if (!shown.starts_with(root) || (shown.size() > root.size() && shown[root.size()] != '/')) return true;
    hierarchy.base = shown.substr(root.size());
    return false;
  });
}

CgroupLayout layout_of(const std::vector<Hierarchy>& hierarchies) {
  const auto is_v2 = [](const Hierarchy& hierarchy) { return hierarchy.is_v2; };
  if (hierarchies.empty()) return CgroupLayout::none;
  if (std::all_of(hierarchies.begin(), hierarchies.end(), is_v2)) return CgroupLayout::v2;
  return std::any_of(hierarchies.begin(), hierarchies.end(), is_v2) ? CgroupLayout::hybrid : CgroupLayout::v1;
}

Result<void> check_group_path(std::string_view path) {
  const std::vector<std::string> parts = split(path, '/', true);
  const bool is_bad = path.empty() || path.find('\0') != path.npos ||
                      std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
  if (is_bad) return fail(Code::usage, "'" + std::string(path) + "' is no path of a cgroup", "it must be relative, without '.', '..' and '//'");
  return {};
}

std::string group_directory(const Hierarchy& hierarchy, std::string_view path) { return (hierarchy.mount_point + hierarchy.base + "/").append(path); }

std::vector<unsigned> parse_cpu_list(std::string_view text) {
  std::vector<unsigned> cpus;
  for (const std::string& range : split(trim(text), ',')) {
    const std::size_t dash = range.find('-');
    const auto first = parse_integer(trim(std::string_view(range).substr(0, dash)));
    const auto last = dash == std::string::npos ? first : parse_integer(trim(std::string_view(range).substr(dash + 1)));
    constexpr std::int64_t limit = 1 << 16;  // far above NR_CPUS; bounds the loop
    if (!first || !last || *first < 0 || *last > limit) continue;
    for (std::int64_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<unsigned>(cpu));
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string print_cpu_list(const std::vector<unsigned>& cpus) {
  std::string text;
  for (std::size_t at = 0; at < cpus.size();) {
    std::size_t end = at;
    while (end + 1 < cpus.size() && cpus[end + 1] == cpus[end] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus[at]);
    if (end > at) text.append("-").append(std::to_string(cpus[end]));
    at = end + 1;
  }
  return text;
}

}  // namespace lxcx::core
