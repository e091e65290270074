// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/cgroup_yard.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

constexpr std::size_t largest_cgroup_list = std::size_t{1} << 20;

bool is_of(const Hierarchy& hierarchy, std::string_view controllers) {
  if (controllers.empty() || hierarchy.is_v2) return controllers.empty() && hierarchy.is_v2;
  std::vector<std::string> sorted = split(controllers, ',');
  std::ranges::sort(sorted);
  return sorted == hierarchy.controllers;
}

}  // namespace

std::vector<YardName> yard_names(const std::vector<Hierarchy>& hierarchies, std::string_view proc_cgroup) {
  std::vector<YardName> names;
  for (const std::string& line : split(proc_cgroup, '\n')) {
    const std::vector<std::string> fields = split(line, ':', true);
    if (fields.size() < 3) continue;
    const auto found = std::ranges::find_if(hierarchies, [&](const Hierarchy& each) { return is_of(each, fields[1]); });
    if (found == hierarchies.end()) continue;
    constexpr std::string_view named = "name=";
    const std::string& controllers = fields[1];
    names.push_back({controllers.empty() ? "unified" : controllers.substr(controllers.starts_with(named) ? named.size() : 0), found->mount_point});
  }
  return names;
}

Result<CgroupYard> CgroupYard::make(Kernel& kernel, const Cgroups& cgroups) {
  LXCX_TRY(proc_cgroup, read_file(kernel, AT_FDCWD, "/proc/self/cgroup", largest_cgroup_list));
  LXCX_TRY(file_system, kernel.fsopen("tmpfs"));
  LXCX_CHECK(kernel.fsconfig(file_system.get(), FSCONFIG_SET_STRING, "mode", "700", 0));
  LXCX_CHECK(kernel.fsconfig(file_system.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
  LXCX_TRY(fd, kernel.fsmount(file_system.get(), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
  return CgroupYard(std::move(fd), yard_names(cgroups.hierarchies(), proc_cgroup));
}

Result<CgroupYard> CgroupYard::of_links(Kernel& kernel, const Cgroups& cgroups) {
  LXCX_TRY(yard, make(kernel, cgroups));
  for (const YardName& each : yard.names_) LXCX_CHECK(kernel.symlinkat(each.mount_point.c_str(), yard.fd(), each.name.c_str()));
  return yard;
}

Result<CgroupYard> CgroupYard::of_directories(Kernel& kernel, const Cgroups& cgroups) {
  LXCX_TRY(yard, make(kernel, cgroups));
  for (const YardName& each : yard.names_) LXCX_CHECK(kernel.mkdirat(yard.fd(), each.name.c_str(), 0700));
  return yard;
}

Result<void> CgroupYard::mount_at(Kernel& kernel, const std::string& place) const {
  LXCX_CHECK(kernel.move_mount(fd_.get(), "", AT_FDCWD, place.c_str(), MOVE_MOUNT_F_EMPTY_PATH));
  for (const YardName& each : names_) {
    LXCX_TRY(tree, doing(kernel.open_tree(AT_FDCWD, each.mount_point.c_str(), OPEN_TREE_CLONE), "open '" + each.mount_point + "'"));
    LXCX_CHECK(
        doing(kernel.move_mount(tree.get(), "", fd_.get(), each.name.c_str(), MOVE_MOUNT_F_EMPTY_PATH), "mount '" + each.mount_point + "' for criu"));
  }
  return {};
}

}  // namespace lxcx::core
