// SPDX-License-Identifier: Apache-2.0
// Telling hook plugins what happens, with the environment that LXC's hooks get.
#include <unistd.h>

#include <algorithm>

#include "core/start/calls.hpp"
#include "core/start/context.hpp"

namespace lxcx::core {

namespace {

bool is_child_event(lxcx_event_id id) {
  return id == LXCX_EVENT_PRE_MOUNT || id == LXCX_EVENT_MOUNT || id == LXCX_EVENT_AUTODEV || id == LXCX_EVENT_START;
}

std::string upper(std::string_view name) {
  std::string text(name);
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

/// "NAME=value" lines: what LXC defines for the event, then what the caller adds.
std::vector<std::string> environment_of(const StartContext& context, lxcx_event_id id, const EventDetails& details) {
  std::vector<std::string> lines;
  const auto set = [&](std::string_view name, std::string_view value) { lines.push_back(std::string(name) + "=" + std::string(value)); };
  const ContainerConfig& config = context.config;
  set("LXC_NAME", context.paths.name);
  set("LXC_CONFIG_FILE", config.file);
  set("LXC_ROOTFS_MOUNT", context.rootfs_mount_point());
  set("LXC_ROOTFS_PATH", context.plugins.storage_source);
  if (!config.console_path.empty()) set("LXC_CONSOLE", config.console_path);
  if (!config.console_logfile.empty()) set("LXC_CONSOLE_LOGPATH", config.console_logfile);
  if (::access("/proc/self/ns/cgroup", F_OK) == 0) set("LXC_CGNS_AWARE", "1");
  set("LXC_LOG_LEVEL", level_name(config.log_level < 0 ? Level::error : static_cast<Level>(config.log_level)));
  set("LXC_HOOK_VERSION", std::to_string(config.hooks.version));
  if (context.init > 0 && !is_child_event(id)) set("LXC_PID", std::to_string(context.init));
  if (id == LXCX_EVENT_STOP || id == LXCX_EVENT_POST_STOP) set("LXC_TARGET", context.target);
  for (const Setting& item : is_child_event(id) ? config.environment : config.environment_hooks) set(item.key, item.value);
  if (config.hooks.version == 1 && id == LXCX_EVENT_STOP)
    for (const auto& [ns, fd] : context.held_namespaces)
      set("LXC_" + upper(namespace_names[static_cast<std::size_t>(ns)]) + "_NS",
          "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd.get()));
  for (const auto& [name, value] : details.environment) set(name, value);
  return lines;
}

}  // namespace

bool has_listener(const StartContext& context, lxcx_event_id id) {
  return std::ranges::any_of(context.plugins.hooks, [id](const LoadedPlugins::Listener& each) { return (each.events & event_bit(id)) != 0; });
}

Result<void> run_event(StartContext& context, lxcx_event_id id, const EventDetails& details) {
  if (!has_listener(context, id)) return {};
  const std::vector<std::string> environment = environment_of(context, id, details);
  const std::string rootfs_mount = context.rootfs_mount_point();
  const bool is_net = id == LXCX_EVENT_NET_UP || id == LXCX_EVENT_NET_DOWN;
  Event event;
  event.id = id;
  event.name = is_net ? event_name(id).substr(4) : event_name(id);
  event.section = is_net ? "net" : "lxc";
  event.container = context.paths.name;
  event.lxcpath = context.paths.lxcpath;
  event.config_path = context.config.file;
  event.rootfs_path = context.plugins.storage_source;
  event.rootfs_mount = rootfs_mount;
  if (id == LXCX_EVENT_STOP || id == LXCX_EVENT_POST_STOP) event.target = context.target;
  event.pid = context.init;
  event.nic_index = details.nic != nullptr ? details.nic->index : 0;
  event.hook_version = context.config.hooks.version;
  event.args.assign(details.args.begin(), details.args.end());
  event.environment.assign(environment.begin(), environment.end());
  for (const LoadedPlugins::Listener& listener : context.plugins.hooks) {
    if ((listener.events & event_bit(id)) == 0 || (is_child_event(id) && !listener.runs_in_child)) continue;
    HostCall call(hook_call(context, listener.name, details.nic));
    Call view = call.call();
    Result<void> done = listener.plugin->run(view, event);
    if (!done && done.error().code != Code::cancelled) done.error().code = Code::hook;
    LXCX_CHECK(doing(std::move(done), "hook plugin '" + listener.name + "' at " + std::string(event_name(id))));
  }
  return {};
}

uid_t mapped_uid(const ContainerConfig& config, uid_t inside) {
  if (config.idmap.empty()) return inside;
  for (const lxcx_idmap& map : config.idmap)
    if (map.kind == 'u' && inside >= map.container_id && inside - map.container_id < map.range) return map.host_id + (inside - map.container_id);
  return static_cast<uid_t>(-1);
}

gid_t mapped_gid(const ContainerConfig& config, gid_t inside) {
  if (config.idmap.empty()) return inside;
  for (const lxcx_idmap& map : config.idmap)
    if (map.kind == 'g' && inside >= map.container_id && inside - map.container_id < map.range) return map.host_id + (inside - map.container_id);
  return static_cast<gid_t>(-1);
}

}  // namespace lxcx::core
