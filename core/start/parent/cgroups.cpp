// SPDX-License-Identifier: Apache-2.0
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

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
  Result<std::string> path = exact ? Result<std::string>(wanted) : groups->free_name(wanted);
  if (!path) return std::unexpected(std::move(path).error());
  LXCX_CHECK(context.journal.append("cgroups", "path", *path));
  LXCX_CHECK(groups->create(*path));
  context.state.cgroup = *path;
  if (!context.config.cgroup_dir_container_inner.empty()) {
    LXCX_CHECK(groups->create(*path + "/" + context.config.cgroup_dir_container_inner));
  }
  return {};
}

Result<void> drop_cgroup(StartContext& context) {
  const std::string* path = context.journal.last("cgroups", "path");
  if (path == nullptr) return {};
  LXCX_TRY(groups, cgroups(context));
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
