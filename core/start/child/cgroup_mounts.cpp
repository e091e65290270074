// SPDX-License-Identifier: Apache-2.0
// lxc.mount.auto: cgroup, cgroup-full and cgroup2. Inside a cgroup namespace a fresh mount shows the container's own groups as the root, so
// nothing of the host's tree is reachable. Without one cgroup-full shows the host's tree, by the host's own mounts: a fresh one of cgroup2 would take
// their options away (cgroups(7), "nsdelegate").
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>

#include <algorithm>

#include "core/base/text.hpp"
#include "core/kernel/safe_paths.hpp"
#include "core/start/child/steps.hpp"

namespace lxcx::core {

namespace {

constexpr const char* cgroup_root = "/sys/fs/cgroup";
constexpr unsigned closed = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

struct Wanted {
  std::string mode;  ///< mixed, ro, rw
  bool forced = false;
  bool v2_only = false;
  bool is_full = false;
  bool shows_host = false;  ///< the host's tree instead of the container's own groups
};

bool has_sys_admin(const ContainerConfig& config) {
  if (config.cap_keep) return std::ranges::find(*config.cap_keep, CAP_SYS_ADMIN) != config.cap_keep->end();
  return std::ranges::find(config.cap_drop, CAP_SYS_ADMIN) == config.cap_drop.end();
}

/// What the tokens ask for. Without a specifier: rw for who could remount anyway, else mixed.
std::optional<Wanted> wanted(const ContainerConfig& config) {
  const AutoMounts& mounts = config.auto_mounts;
  const bool v2_only = !mounts.cgroup2.empty();
  std::string mode = v2_only ? mounts.cgroup2 : !mounts.cgroup.empty() ? mounts.cgroup : mounts.cgroup_full;
  if (mode.empty()) return std::nullopt;
  if (mode == "default") mode = has_sys_admin(config) ? "rw" : "mixed";
  return Wanted{mode, mounts.cgroup_force || v2_only, v2_only, !v2_only && mounts.cgroup.empty(), false};
}

Result<UniqueFd> new_hierarchy(ChildContext& context, const Hierarchy& hierarchy, unsigned attributes) {
  Kernel& kernel = context.kernel;
  LXCX_TRY(fs, kernel.fsopen(hierarchy.is_v2 ? "cgroup2" : "cgroup"));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_STRING, "source", "none", 0));  // as LXC shows it in mountinfo
  for (const std::string& controller : hierarchy.controllers) {
    if (hierarchy.is_v2) break;
    if (controller.starts_with("name=")) {
      // A named hierarchy without controllers (systemd's).
      LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_FLAG, "none", nullptr, 0));
      LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_STRING, "name", controller.substr(5).c_str(), 0));
    } else {
      LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_FLAG, controller.c_str(), nullptr, 0));
    }
  }
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
  return kernel.fsmount(fs.get(), attributes);
}

Result<UniqueFd> host_hierarchy(ChildContext& context, const Hierarchy& hierarchy, unsigned attributes) {
  LXCX_TRY(tree, context.kernel.open_tree(AT_FDCWD, hierarchy.mount_point.c_str(), OPEN_TREE_CLONE));
  mount_attr set{};
  set.attr_set = attributes;
  LXCX_CHECK(context.kernel.mount_setattr(tree.get(), "", AT_EMPTY_PATH, set));
  return tree;
}

Result<UniqueFd> hierarchy_mount(ChildContext& context, const Hierarchy& hierarchy, const Wanted& how) {
  const bool is_closed = how.mode == "ro" || (how.shows_host && how.mode == "mixed");
  const unsigned attributes = closed | (is_closed ? MOUNT_ATTR_RDONLY : 0U);
  return how.shows_host ? host_hierarchy(context, hierarchy, attributes) : new_hierarchy(context, hierarchy, attributes);
}

/// Of the host's tree the container's own group alone is to write to; `mount` is where it is mounted by now.
Result<void> open_own_group(ChildContext& context, const Hierarchy& hierarchy, const Wanted& how, int mount) {
  const std::string& group = context.start.state.cgroup;
  if (!how.shows_host || how.mode != "mixed" || group.empty()) return {};
  Kernel& kernel = context.kernel;
  const std::string path = hierarchy.base.empty() ? group : hierarchy.base.substr(1) + "/" + group;
  LXCX_TRY(directory, open_beneath(kernel, mount, path.c_str(), O_PATH | O_DIRECTORY, Links::refuse));
  LXCX_TRY(tree, kernel.open_tree(directory.get(), "", OPEN_TREE_CLONE | AT_EMPTY_PATH));
  mount_attr writable{};
  writable.attr_clr = MOUNT_ATTR_RDONLY;
  LXCX_CHECK(kernel.mount_setattr(tree.get(), "", AT_EMPTY_PATH, writable));
  return kernel.move_mount(tree.get(), "", directory.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

Result<void> mount_v2(ChildContext& context, const Hierarchy& hierarchy, const Wanted& how, const std::string& target) {
  LXCX_TRY(mount, hierarchy_mount(context, hierarchy, how));
  LXCX_CHECK(attach_at(context, mount.get(), target.c_str()));
  return open_own_group(context, hierarchy, how, mount.get());
}

/// The v1 layout: a tmpfs with one directory for each hierarchy, and links for controllers that share one.
Result<void> mount_v1(ChildContext& context, const Wanted& how) {
  Kernel& kernel = context.kernel;
  LXCX_TRY(fs, kernel.fsopen("tmpfs"));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_STRING, "source", "none", 0));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_STRING, "size", "10485760", 0));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_STRING, "mode", "755", 0));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
  LXCX_TRY(tmpfs, kernel.fsmount(fs.get(), closed));
  LXCX_CHECK(attach_at(context, tmpfs.get(), cgroup_root));
  for (const Hierarchy& hierarchy : context.start.cgroups->hierarchies()) {
    const std::string name = hierarchy.mount_point.substr(hierarchy.mount_point.find_last_of('/') + 1);
    LXCX_CHECK(kernel.mkdirat(tmpfs.get(), name.c_str(), 0755));
    LXCX_TRY(mount, hierarchy_mount(context, hierarchy, how));
    LXCX_TRY(point, open_beneath(kernel, tmpfs.get(), name.c_str(), O_PATH, Links::refuse));
    LXCX_CHECK(kernel.move_mount(mount.get(), "", point.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
    LXCX_CHECK(open_own_group(context, hierarchy, how, mount.get()));
    for (const std::string& controller : hierarchy.controllers)
      if (hierarchy.controllers.size() > 1 && !hierarchy.is_v2) LXCX_CHECK(kernel.symlinkat(name.c_str(), tmpfs.get(), controller.c_str()));
  }
  if (how.mode == "rw") return {};
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  return kernel.mount_setattr(tmpfs.get(), "", AT_EMPTY_PATH, read_only);
}

/// Without a cgroup namespace. Root inside is root to the files of the host's groups, and whoever writes to those of v1 has the host's root run a
/// program (cgroups(7), "release_agent"); mapped ids own nothing there but their own group.
Result<void> check_host_view(ChildContext& context, Wanted& how) {
  if (!how.is_full)
    return fail(Code::unsupported, "lxc.mount.auto = cgroup needs a cgroup namespace: without one the host's groups would be seen",
                "leave cgroup out of lxc.namespace.keep, or say cgroup-full:mixed");
  if (context.config.auto_mounts.cgroup_full == "default") how.mode = "mixed";
  if (how.mode == "rw" && context.config.idmap.empty())
    return fail(Code::unsupported, "lxc.mount.auto = cgroup-full:rw without a cgroup namespace: the container could write to the host's groups",
                "say cgroup-full:mixed, which lets it write to its own, or leave cgroup out of lxc.namespace.keep");
  how.shows_host = true;
  return {};
}

}  // namespace

Result<void> mount_cgroups(ChildContext& context) {
  std::optional<Wanted> how = wanted(context.config);
  if (!how || !context.start.cgroups) return {};
  const CgroupLayout layout = context.start.cgroups->layout();
  const bool has_namespace = (context.start.state.clone_flags & CLONE_NEWCGROUP) != 0;
  if (!has_namespace) LXCX_CHECK(check_host_view(context, *how));
  const Result<UniqueFd> there = open_beneath(context.kernel, context.root.get(), cgroup_root, O_PATH | O_DIRECTORY);
  if (!there) return {};  // no /sys in the image, or none was mounted: as under LXC there is nowhere to put it
  // With its own namespace and CAP_SYS_ADMIN the container's init mounts what it needs, unless it is told to find it done.
  if (has_namespace && layout != CgroupLayout::v2 && has_sys_admin(context.config) && !how->forced) return {};
  if (layout == CgroupLayout::v2 || how->v2_only) {
    for (const Hierarchy& hierarchy : context.start.cgroups->hierarchies())
      if (hierarchy.is_v2) return mount_v2(context, hierarchy, *how, cgroup_root);
    return fail(Code::unsupported, "lxc.mount.auto = cgroup2: this machine has no unified hierarchy");
  }
  return mount_v1(context, *how);
}

}  // namespace lxcx::core
