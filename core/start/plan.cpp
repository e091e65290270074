// SPDX-License-Identifier: Apache-2.0
// `lxcx start --dry-run`: the same tables, told instead of run.
#include "core/start/plan.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/text.hpp"
#include "core/config/names.hpp"
#include "core/start/calls.hpp"
#include "core/start/child/steps.hpp"
#include "core/start/error_place.hpp"
#include "core/start/launch.hpp"
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

using Details = std::vector<std::string>;

std::string plugin_text(Host& host, Kind kind, const std::string& name) {
  const Result<const Manifest*> manifest = host.plugins.find(kind, name);
  return std::string(kind_name(kind)) + " plugin '" + name + "' " + (manifest ? (*manifest)->version : "");
}

Details hook_details(const StartContext& context, std::string_view type, lxcx_event_id id) {
  Details details;
  if (const auto found = context.config.hooks.by_type.find(type); found != context.config.hooks.by_type.end())
    for (const Setting& hook : found->second) details.push_back("run " + hook.value);
  for (const LoadedPlugins::Listener& listener : context.plugins.hooks)
    if (listener.name != "script" && (listener.events & event_bit(id)) != 0) details.push_back(plugin_text(context.host, Kind::hook, listener.name));
  return details;
}

/// ", link br0, name eth0, ipv4.address 10.0.0.2/24"
std::string settings_text(const NicConfig& nic) {
  std::string text;
  for (const Setting& setting : nic.settings) text += ", " + setting.key + " " + setting.value;
  return text;
}

std::string names_of(const std::vector<int>& capabilities) {
  std::vector<std::string> names;
  for (const int capability : capabilities) {
    const std::string_view name = capability_name(capability);
    names.push_back(name.empty() ? std::to_string(capability) : std::string(name));
  }
  return join(names, " ");
}

Details capability_details(const ContainerConfig& config) {
  if (config.cap_keep) return {config.cap_keep->empty() ? "all of them" : "all but " + names_of(*config.cap_keep)};
  return config.cap_drop.empty() ? Details{} : Details{names_of(config.cap_drop)};
}

Details parent_details(const StartContext& context, std::string_view step) {
  const ContainerConfig& config = context.config;
  Details details;
  if (step == "run the pre-start hooks") return hook_details(context, "pre-start", LXCX_EVENT_PRE_START);
  if (step == "run the start-host hooks") return hook_details(context, "start-host", LXCX_EVENT_START_HOST);
  if (step == "attach the root file system" && context.plugins.storage != nullptr)
    return {plugin_text(context.host, Kind::storage, context.plugins.storage_name), "source " + context.plugins.storage_source};
  if (step == "check the init program")
    return {context.request.command.empty() ? (config.init_command.empty() ? "/sbin/init" : config.init_command)
                                            : join(context.request.command, " ")};
  if (step == "compile the security policy")
    for (const LoadedPlugins::Confiner& each : context.plugins.security) details.push_back(plugin_text(context.host, Kind::security, each.name));
  if (step == "make the cgroups" && !context.state.cgroup.empty()) return {context.state.cgroup};
  if (step == "make the cgroups" && !context.run) return {wanted_cgroup(context) + ", or with a number behind it where that is taken"};
  if (step == "clone init" && context.init > 0) details.push_back("process " + std::to_string(context.init));
  if (step == "clone init")
    for (std::size_t i = 0; i < namespace_names.size(); ++i)
      if (!config.namespaces_share[i].value.empty())
        details.push_back("share " + std::string(namespace_names[i]) + " of " + config.namespaces_share[i].value);
  if (step == "map the ids")
    for (const lxcx_idmap& map : config.idmap)
      details.push_back(std::string(1, static_cast<char>(map.kind)) + " " + std::to_string(map.container_id) + " " + std::to_string(map.host_id) +
                        " " + std::to_string(map.range));
  if (step == "apply the cgroup limits" || step == "apply the device limits") {
    const bool devices = step == "apply the device limits";
    for (const Setting& limit : config.cgroup_v1)
      if (limit.key.starts_with("devices.") == devices) details.push_back("lxc.cgroup." + limit.key + " = " + limit.value);
    for (const Setting& limit : config.cgroup_v2)
      if (limit.key.starts_with("devices.") == devices) details.push_back("lxc.cgroup2." + limit.key + " = " + limit.value);
  }
  if (step == "connect the networks")
    for (const LoadedPlugins::Nic& nic : context.plugins.nics)
      details.push_back(nic_text(*nic.config) + ": " + plugin_text(context.host, Kind::network, nic.config->type) + settings_text(*nic.config));
  return details;
}

Details child_details(const StartContext& context, std::string_view step) {
  const ContainerConfig& config = context.config;
  Details details;
  if (step == "run the pre-mount hooks") return hook_details(context, "pre-mount", LXCX_EVENT_PRE_MOUNT);
  if (step == "run the mount hooks") return hook_details(context, "mount", LXCX_EVENT_MOUNT);
  if (step == "run the autodev hooks") return hook_details(context, "autodev", LXCX_EVENT_AUTODEV);
  if (step == "run the start hooks") return hook_details(context, "start", LXCX_EVENT_START);
  if (step == "mount the root file system" && context.plugins.storage != nullptr) return {"on " + context.rootfs_mount_point()};
  if (step == "set the host name" && !config.hostname.empty()) return {config.hostname};
  if (step == "mount /proc and /sys") {
    if (!config.auto_mounts.proc.empty()) details.push_back("proc:" + config.auto_mounts.proc);
    if (!config.auto_mounts.sys.empty()) details.push_back("sys:" + config.auto_mounts.sys);
  }
  if (step == "mount the entries")
    for (const MountEntry& entry : config.mounts)
      details.push_back(entry.source + " on " + entry.target + " (" + entry.type + " " + join(entry.options, ",") + ")");
  if (step == "mount the cgroups" && !config.auto_mounts.cgroup.empty()) details.push_back("cgroup:" + config.auto_mounts.cgroup);
  if (step == "drop capabilities") return capability_details(config);
  if (step == "execute init") return {join(context.init_command, " ")};
  if (step == "make the terminals") details.push_back("console and " + std::to_string(config.tty_max) + " ttys");
  return details;
}

}  // namespace

std::vector<std::string> step_details(const StartContext& context, bool is_child, std::string_view step) {
  return is_child ? child_details(context, step) : parent_details(context, step);
}

namespace {

/// Only what a directory holds can be seen without mounting anything.
Result<void> look_for_init(StartContext& context) {
  if (context.plugins.storage_name == "dir") {
    Result<UniqueFd> root = context.kernel.openat(AT_FDCWD, context.plugins.storage_source.c_str(), O_PATH | O_DIRECTORY);
    if (root) context.rootfs_mount = std::move(*root);
  }
  Result<void> found = check_init(context);
  context.rootfs_mount.reset();
  // What this user may not look at is nothing that the start would stumble over.
  const bool is_closed = !found && found.error().sys_errno == EACCES && ::geteuid() != 0;
  return is_closed ? Result<void>{} : doing(std::move(found), "check the init program");
}

/// What a start would stumble over on its way: files that the configuration names.
Result<void> look_for_files(const StartContext& context) {
  const auto look = [&](const std::string& key, const std::string& path, int mode) {
    Result<void> there = context.kernel.faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS);
    if (!there) there.error().message = key + ": " + there.error().message;
    return hinting(std::move(there), "create it, or point " + key + " at another");
  };
  const std::string& source = context.plugins.storage_source;
  const bool is_one_path = source.starts_with('/') && source.find(':') == std::string::npos;
  if (is_one_path) LXCX_CHECK(look("lxc.rootfs.path", source, F_OK));
  if (!context.config.fstab.empty()) LXCX_CHECK(look("lxc.mount.fstab", context.config.fstab, R_OK));
  return {};
}

Result<std::vector<PlannedStep>> plan_loaded(StartContext& context) {
  LXCX_TRY(plugins, load_plugins(context.host, context.config));
  context.plugins = std::move(plugins);
  LXCX_CHECK(validate_with_plugins(context));
  LXCX_CHECK(look_for_files(context));
  LXCX_CHECK(look_for_init(context));
  std::vector<PlannedStep> plan;
  for (const StartStep& step : start_steps) plan.push_back({"parent", std::string(step.name), parent_details(context, step.name)});
  for (const ChildStep& step : child_steps) plan.push_back({"child", std::string(step.name), child_details(context, step.name)});
  return plan;
}

}  // namespace

Result<std::vector<PlannedStep>> plan_start(Host& host, const ContainerPaths& paths, const StartRequest& request) {
  LXCX_CHECK(check_name(paths.name));
  Warnings warnings;
  LXCX_TRY(config, load_start_config(host, paths, request, warnings));
  StartContext context(host, paths, std::move(config));
  context.request = request;
  Result<std::vector<PlannedStep>> plan = plan_loaded(context);
  if (!plan) add_place(context.config, plan.error());
  return plan;
}

Result<void> check_with_plugins(Host& host, const ContainerPaths& paths, ContainerConfig config) {
  if (!host.kernel.faccessat(AT_FDCWD, config.rootfs.c_str(), F_OK, 0) && config.rootfs.starts_with('/')) config.rootfs.clear();
  select_network(config, host.selection);
  StartContext context(host, paths, std::move(config));
  const auto ask = [&]() -> Result<void> {
    LXCX_TRY(plugins, load_plugins(host, context.config));
    context.plugins = std::move(plugins);
    return validate_with_plugins(context);
  };
  Result<void> asked = ask();
  if (!asked) add_place(context.config, asked.error());
  return asked;
}

}  // namespace lxcx::core
