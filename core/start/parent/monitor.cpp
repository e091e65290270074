// SPDX-License-Identifier: Apache-2.0
// What the configuration asks for the process that becomes the monitor: mounts and a cgroup of its own. By default it has neither.
#include <sched.h>
#include <sys/mount.h>

#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view monitor_scope = "monitor cgroup";

/// A cgroup with a process in it cannot be removed, so the monitor goes elsewhere first: to the pivot, which stays, or back to the top.
Result<void> leave(StartContext& context, Cgroups& groups) {
  const std::string& pivot = context.config.cgroup_dir_monitor_pivot;
  if (pivot.empty()) return groups.enter_base();
  if (const Result<void> made = groups.create(pivot); !made && made.error().code != Code::busy) return made;
  return groups.enter(pivot, 0);
}

}  // namespace

Result<void> unshare_monitor_mounts(StartContext& context) {
  if (!context.config.monitor_unshare) return {};
  LXCX_CHECK(doing(context.kernel.unshare(CLONE_NEWNS), "lxc.monitor.unshare"));
  return context.kernel.mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr);
}

Result<void> make_monitor_cgroup(StartContext& context) {
  const std::string& path = context.config.cgroup_dir_monitor;
  if (path.empty()) return {};
  LXCX_TRY(groups, cgroups_of(context));
  if (groups->layout() == CgroupLayout::none) return {};
  LXCX_CHECK(doing(groups->create(path), "lxc.cgroup.dir.monitor"));
  LXCX_CHECK(context.journal.append(monitor_scope, "made", path));
  context.state.monitor_cgroup = path;
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
