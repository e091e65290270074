// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view cgroup_scope = "cgroups";

constexpr std::string_view name_mark = "%n";

/// lxc.cgroup.pattern without slashes around it; empty where the container's own configuration names its group.
std::string_view pattern_of(const StartContext& context) {
  const ContainerConfig& config = context.config;
  if (!config.cgroup_dir.empty() || !config.cgroup_dir_container.empty()) return {};
  std::string_view pattern = context.host.system.cgroup_pattern;
  while (pattern.starts_with('/')) pattern.remove_prefix(1);
  while (pattern.ends_with('/')) pattern.remove_suffix(1);
  return pattern;
}

/// "lxc/%n" -> "lxc/c1"
std::string fill_pattern(std::string_view pattern, const std::string& name) {
  std::string path(pattern);
  for (std::size_t at = path.find(name_mark); at != std::string::npos; at = path.find(name_mark, at + name.size()))
    path.replace(at, name_mark.size(), name);
  return path;
}

/// Without cgroups a container runs, but not one that asks for limits.
Result<void> refuse_limits(const ContainerConfig& config) {
  const Setting* limit = !config.cgroup_v1.empty() ? &config.cgroup_v1.front() : !config.cgroup_v2.empty() ? &config.cgroup_v2.front() : nullptr;
  if (limit == nullptr) return {};
  const bool is_root = ::geteuid() == 0;
  const std::string why = is_root ? "no cgroup file system is mounted here" : "this user may make no cgroup where this command runs";
  Error error{Code::unsupported, 0, "the limit '" + limit->key + "' cannot be set: " + why, {}, {}, limit->where, {}};
  error.hint = is_root ? "mount it at /sys/fs/cgroup, or take the limits out"
                       : "start it in a group of your own, as with systemd-run --user --scope -p Delegate=yes, or take the limits out";
  return std::unexpected(std::move(error));
}

/// Written down before a group is made there: a teardown starts from elsewhere.
Result<void> choose_base(StartContext& context) {
  if (!context.state.cgroup_base.empty() || (!context.config.cgroup_relative && ::geteuid() == 0)) return {};
  LXCX_TRY(own, Cgroups::own_base(context.kernel));
  context.state.cgroup_base = std::move(own);
  return context.run->write_state(context.state);
}

}  // namespace

std::string wanted_cgroup(const StartContext& context) {
  if (!context.config.cgroup_dir_container.empty()) return context.config.cgroup_dir_container;
  if (const std::string_view pattern = pattern_of(context); !pattern.empty()) return fill_pattern(pattern, context.paths.name) + "/payload";
  const std::string name = "lxc.payload." + context.paths.name;
  return context.config.cgroup_dir.empty() ? name : context.config.cgroup_dir + "/" + name;
}

Result<Cgroups*> cgroups_of(StartContext& context) {
  if (!context.cgroups) {
    LXCX_CHECK(choose_base(context));
    LXCX_TRY(opened, Cgroups::open(context.kernel, context.log(), context.state.cgroup_base));
    context.cgroups.emplace(std::move(opened));
  }
  return &*context.cgroups;
}

Result<void> make_cgroup(StartContext& context) {
  LXCX_TRY(groups, cgroups_of(context));
  if (groups->layout() == CgroupLayout::none) return refuse_limits(context.config);
  std::vector<std::string> used = split(context.host.system.cgroup_use, ',');
  for (std::string& controller : used) controller = trim(controller);
  if (!used.empty()) LXCX_CHECK(doing(groups->use_only(used), "lxc.cgroup.use"));
  const std::string wanted = wanted_cgroup(context);
  const bool exact = !context.config.cgroup_dir_container.empty();
  // A group that has the container's name was made for it, and goes with it.
  if (const std::string_view pattern = pattern_of(context); pattern.substr(pattern.rfind('/') + 1).contains(name_mark))
    LXCX_CHECK(context.journal.append(cgroup_scope, "own", fill_pattern(pattern, context.paths.name)));
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
  LXCX_TRY(groups, cgroups_of(context));
  // Killed while making it: nobody of ours was in there, and whoever is, is somebody else.
  const std::string* made = context.journal.last(cgroup_scope, "made");
  LXCX_CHECK(made == nullptr || *made != *path ? groups->remove_empty(*path) : groups->destroy(*path));
  const std::string* own = context.journal.last(cgroup_scope, "own");
  return own == nullptr || own->empty() ? Result<void>{} : groups->remove_empty(*own);
}

Result<void> apply_cgroup_limits(StartContext& context) {
  if (context.state.cgroup.empty()) return {};
  LXCX_TRY(groups, cgroups_of(context));
  LXCX_CHECK(groups->apply_limits(context.state.cgroup, context.config, false));
  if (context.config.idmap.empty()) return {};
  return groups->delegate(context.state.cgroup, mapped_uid(context.config, 0), mapped_gid(context.config, 0));
}

Result<void> apply_device_limits(StartContext& context) {
  if (context.state.cgroup.empty()) return {};
  LXCX_TRY(groups, cgroups_of(context));
  return groups->apply_limits(context.state.cgroup, context.config, true);
}

}  // namespace lxcx::core
