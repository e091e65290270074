// SPDX-License-Identifier: Apache-2.0
// What the steps of a start share. The same context, filled from a run directory, is what a teardown works on.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/attach/attach.hpp"
#include "core/cgroup/cgroups.hpp"
#include "core/config/container_config.hpp"
#include "core/container/host.hpp"
#include "core/container/run_directory.hpp"
#include "core/container/security_action.hpp"
#include "core/monitor/monitor.hpp"
#include "core/start/start.hpp"
#include "core/start/sync.hpp"

namespace lxcx::core {

/// Every plugin a container needs, loaded in the host's mount namespace before any namespace work.
struct LoadedPlugins {
  struct Nic {
    Network* plugin = nullptr;
    const NicConfig* config = nullptr;
    bool shares_host_namespace = false;
    bool serves_ordinary_users = false;
  };
  struct Confiner {
    Security* plugin = nullptr;
    std::string name;
  };
  struct Listener {
    Hook* plugin = nullptr;
    std::string name;
    bool runs_in_child = false;
    std::uint64_t events = 0;
  };
  Storage* storage = nullptr;  ///< null: the container has no root file system of its own
  std::string storage_name, storage_source;
  std::vector<Nic> nics;
  std::vector<Confiner> security;
  std::vector<Listener> hooks;
};

/// The names of the plugins that a configuration asks for, by its keys; nothing is loaded.
struct WantedPlugins {
  std::string storage_name, storage_source;
  std::vector<std::string> security, hooks;
};
Result<WantedPlugins> wanted_plugins(Host& host, const ContainerConfig& config);
/// The security plugins alone: all that an attach needs, so that a missing storage plugin locks nobody out.
std::vector<std::string> wanted_security(Host& host, const ContainerConfig& config);
Result<LoadedPlugins> load_plugins(Host& host, const ContainerConfig& config);
/// What each of them says to this configuration, before anything is touched.
struct StartContext;
Result<void> validate_with_plugins(StartContext& context);

/// The security policy compiled for an attach, without the records of a start.
Result<std::vector<SecurityAction>> attach_actions(StartContext& context);

/// The pseudo-terminals of a container, as the monitor keeps them.
struct Terminals {
  UniqueFd console_master;
  UniqueFd console_slave;        ///< from the host's devpts; empty when the container's own devpts serves
  std::string console_slave_path;
  UniqueFd console_peer;         ///< lxc.console.path, or the caller's terminal
  std::vector<UniqueFd> tty_masters;
};

struct RestorePlan;  // core/checkpoint

struct StartContext {
  StartContext(Host& the_host, ContainerPaths the_paths, ContainerConfig the_config)
      : host(the_host), kernel(the_host.kernel), paths(std::move(the_paths)), config(std::move(the_config)) {}

  Host& host;
  Kernel& kernel;
  ContainerPaths paths;
  ContainerConfig config;
  StartRequest request;
  LoadedPlugins plugins;

  std::optional<RunDirectory> run;
  Journal journal;
  RunState state;

  std::optional<Cgroups> cgroups;
  UniqueFd rootfs_mount;        ///< detached, from the storage plugin
  std::string rootfs_path;      ///< where its files can be seen on the host
  std::vector<SecurityAction> actions;
  std::vector<UniqueFd> monitor_rulesets;
  std::string notify_proxy, notify_cookie;  ///< who answers the filters' notifications, from the security plugins
  std::vector<UniqueFd> seccomp_listeners;  ///< of init, for the monitor
  Terminals terminals;

  UniqueFd sync;                ///< the parent's end
  pid_t waiting_command = 0;    ///< of a start in the background: the command that hears how it went
  pid_t init = 0;
  UniqueFd init_pidfd, netns;
  std::vector<std::pair<Namespace, UniqueFd>> held_namespaces;  ///< for stop hooks
  std::vector<std::string> init_command;
  UniqueFd tiny_init;           ///< lxcx-init, for `execute`
  std::vector<StepTime> trace;
  std::string target = "stop";  ///< teardown: "stop" or "reboot"
  /// Of a restore that is taken back: makes a criu that waits for us give up.
  std::function<void()> close_gate;
  RestorePlan* restore_plan = nullptr;  ///< of a restore; null: a start
  Result<void> (*run_steps)(StartContext&) = nullptr;  ///< what makes it run; null: run_start_steps

  std::string rootfs_mount_point() const { return config.rootfs_mount.empty() ? host.root.default_rootfs_mount() : config.rootfs_mount; }
  Log* forked_log = nullptr;    ///< in the daemon and in the child: sends lines to the process that forked it (frame_log.hpp)
  Log& log() const { return forked_log != nullptr ? *forked_log : host.log; }
};

/// clone(2) flags for the namespaces this container gets; shared ones are joined, not made.
unsigned namespaces_to_clone(const StartContext& context);

/// lxc.hook.*, by every loaded hook plugin that wants the event, in order; the first error ends it. `extra` are LXC's further arguments.
struct EventDetails {
  std::vector<std::string> args;
  const NicConfig* nic = nullptr;
  std::vector<std::pair<std::string, std::string>> environment;
};
Result<void> run_event(StartContext& context, lxcx_event_id id, const EventDetails& details = {});
bool has_listener(const StartContext& context, lxcx_event_id id);

/// Host id of the container's root, from the id map; the caller's own when there is none.
uid_t mapped_uid(const ContainerConfig& config, uid_t inside);
gid_t mapped_gid(const ContainerConfig& config, gid_t inside);

}  // namespace lxcx::core
