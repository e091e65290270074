// SPDX-License-Identifier: Apache-2.0
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view cgroup_scope = "cgroups";

Result<Cgroups*> cgroups(StartContext& context) {
  if (!context.cgroups) {
    LXCX_TRY(opened, Cgroups::open(context.kernel, context.log(), context.config.cgroup_relative));
    context.cgroups.emplace(std::move(opened));
  }
  return &*context.cgroups;
}

/// The payload's group as the configuration wants it, below each hierarchy's base.
std::string wanted_path(const StartContext& context) {
  if (!context.config.cgroup_dir_container.empty()) return context.config.cgroup_dir_container;
  const std::string name = "lxc.payload." + context.paths.name;
  return context.config.cgroup_dir.empty() ? name : context.config.cgroup_dir + "/" + name;
}

}  // namespace

Result<void> make_cgroup(StartContext& context) {
  LXCX_TRY(groups, cgroups(context));
  if (groups->layout() == CgroupLayout::none) return {};
  const std::string wanted = wanted_path(context);
  const bool exact = !context.config.cgroup_dir_container.empty();
  // Between a look at a name and the making of it another start may take it, of the same name in another lxcpath: then the next is tried.
  for (int attempt = 0;; ++attempt) {
    Result<std::string> path = exact ? Result<std::string>(wanted) : groups->free_name(wanted);
    if (!path) return std::unexpected(std::move(path).error());
    LXCX_CHECK(context.journal.append(cgroup_scope, "path", *path));
    Result<void> made = groups->create(*path);
    if (made) {
      LXCX_CHECK(context.journal.append(cgroup_scope, "made", *path));
      context.state.cgroup = *path;
      break;
    }
    // It took back what it made; what stands there is somebody else's.
    LXCX_CHECK(context.journal.append(cgroup_scope, "path", ""));
    constexpr int most_attempts = 16;
    if (exact || made.error().code != Code::busy || attempt == most_attempts) return made;
  }
  const std::string& inner = context.config.cgroup_dir_container_inner;
  return inner.empty() ? Result<void>{} : groups->create(context.state.cgroup + "/" + inner);
}

Result<void> drop_cgroup(StartContext& context) {
  const std::string* path = context.journal.last(cgroup_scope, "path");
  if (path == nullptr || path->empty()) return {};
  LXCX_TRY(groups, cgroups(context));
  // Killed while making it: nobody of ours was in there, and whoever is, is somebody else.
  const std::string* made = context.journal.last(cgroup_scope, "made");
  if (made == nullptr || *made != *path) return groups->remove_empty(*path);
  return groups->destroy(*path);
}

Result<void> apply_cgroup_limits(StartContext& context) {
  if (context.state.cgroup.empty()) return {};
  LXCX_TRY(groups, cgroups(context));
  LXCX_CHECK(groups->apply_limits(context.state.cgroup, context.config, false));
  if (context.config.idmap.empty()) return {};
  return groups->delegate(context.state.cgroup, mapped_uid(context.config, 0), mapped_gid(context.config, 0));
}

Result<void> apply_device_limits(StartContext& context) {
  if (context.state.cgroup.empty()) return {};
  LXCX_TRY(groups, cgroups(context));
  return groups->apply_limits(context.state.cgroup, context.config, true);
}

}  // namespace lxcx::core
