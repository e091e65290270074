// SPDX-License-Identifier: Apache-2.0
// Mounts and a cgroup of its own for the process that becomes the monitor, where the configuration asks for them, and a cgroup where v2 does.
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>

#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view monitor_scope = "monitor cgroup";

/// cgroup-v2.rst, "no internal processes": as long as one is in the group that an ordinary user was given, the groups below it have no controllers.
bool must_leave_its_group(const Cgroups& groups) { return ::geteuid() != 0 && std::ranges::any_of(groups.hierarchies(), &Hierarchy::is_v2); }

/// A cgroup with a process in it cannot be removed, so the monitor goes elsewhere first: to the pivot, which stays, or back to the top.
Result<void> leave(StartContext& context, Cgroups& groups) {
  std::string pivot = context.config.cgroup_dir_monitor_pivot;
  if (pivot.empty() && must_leave_its_group(groups)) pivot = "lxc.pivot";
  if (pivot.empty()) return groups.enter_base();
  if (const Result<void> made = groups.create(pivot, false); !made && made.error().code != Code::busy) return made;
  // What is left in a group that is removed is killed.
  if (context.waiting_command > 0) (void)groups.enter(pivot, context.waiting_command);
  return groups.enter(pivot, 0);
}

Result<std::string> wanted_group(const StartContext& context, const Cgroups& groups) {
  const std::string& named = context.config.cgroup_dir_monitor;
  if (!named.empty() || !must_leave_its_group(groups)) return named;
  return groups.free_name("lxc.monitor." + context.paths.name);
}

}  // namespace

Result<void> unshare_monitor_mounts(StartContext& context) {
  if (!context.config.monitor_unshare) return {};
  LXCX_CHECK(doing(context.kernel.unshare(CLONE_NEWNS), "lxc.monitor.unshare"));
  return context.kernel.mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr);
}

Result<void> make_monitor_cgroup(StartContext& context) {
  if (context.config.cgroup_dir_monitor.empty() && ::geteuid() == 0) return {};
  LXCX_TRY(groups, cgroups_of(context));
  if (groups->layout() == CgroupLayout::none) return {};
  LXCX_TRY(path, wanted_group(context, *groups));
  if (path.empty()) return {};
  LXCX_CHECK(doing(groups->create(path, false), "make the monitor's cgroup"));
  LXCX_CHECK(context.journal.append(monitor_scope, "made", path));
  context.state.monitor_cgroup = path;
  // The command that waits for this start is in the way as well; where it may not be moved, controllers are missing, and limits say so.
  if (must_leave_its_group(*groups) && context.waiting_command > 0) (void)groups->enter(path, context.waiting_command);
  return groups->enter(path, 0);
}

Result<void> drop_monitor_cgroup(StartContext& context) {
  const std::string* made = context.journal.last(monitor_scope, "made");
  if (made == nullptr) return {};
  LXCX_TRY(groups, cgroups_of(context));
  LXCX_TRY(inside, groups->holds_this_process(*made));
  if (inside) LXCX_CHECK(leave(context, *groups));
  return groups->destroy(*made);
}

}  // namespace lxcx::core
