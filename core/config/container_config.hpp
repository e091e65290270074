// SPDX-License-Identifier: Apache-2.0
// A container's configuration as typed data. Made by parse (parse.hpp), validated, and immutable from then on.
#pragma once
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lxcx/abi.h"
#include "lxcx/result.hpp"

namespace lxcx::core {

/// One `key = value` as it was written. `where` points at the value (line of the key).
struct Setting {
  std::string key;
  std::string value;
  Location where;
};

/// lxc.net.N: its type, and every other sub-key as text for the plugin. Sub-keys that core knows have been checked already.
struct NicConfig {
  unsigned index = 0;
  std::string type;
  Location where;
  std::vector<Setting> settings;  ///< key: what follows lxc.net.N.
  /// The last value of a sub-key, or empty.
  std::string_view get(std::string_view key) const {
    for (auto it = settings.rbegin(); it != settings.rend(); ++it)
      if (it->key == key) return it->value;
    return {};
  }
};

/// One line of lxc.mount.entry or of the fstab, split by fstab(5)'s rules.
struct MountEntry {
  std::string source, target, type;
  std::vector<std::string> options;
  Location where;
};

/// lxc.mount.auto, one member per class of token; "" is unset. Values are the part after the colon, with the default filled in.
struct AutoMounts {
  std::string proc;       ///< "mixed" "rw"
  std::string sys;        ///< "mixed" "ro" "rw"
  std::string cgroup;     ///< "mixed" "ro" "rw" "default"
  std::string cgroup_full;///< the same, for cgroup-full
  std::string cgroup2;    ///< "ro" "rw" "default"
  bool cgroup_force = false;
  std::string shmounts_host, shmounts_container;
};

/// The namespaces of namespaces(7), in the order of the kernel's own list.
enum class Namespace : unsigned {
  user,
  mnt,
  pid,
  uts,
  ipc,
  net,
  cgroup,
  time
};
constexpr std::array<std::string_view, 8> namespace_names{"user", "mnt", "pid", "uts", "ipc", "net", "cgroup", "time"};
constexpr unsigned namespace_bit(Namespace ns) { return 1U << static_cast<unsigned>(ns); }

struct Hooks {
  /// Hook type ("pre-start", …) -> commands in the order of the file.
  std::map<std::string, std::vector<Setting>, std::less<>> by_type;
  unsigned version = 0;
};

struct ContainerConfig {
  std::string file;  ///< the top-level file; empty when there is none

  // architecture, name, init
  std::optional<unsigned long> personality;  ///< PER_LINUX or PER_LINUX32
  std::string hostname;
  std::string init_command;     ///< lxc.init.cmd; split at spaces at start
  std::string execute_command;  ///< lxc.execute.cmd
  std::string init_directory;   ///< lxc.init.cwd; empty: /
  uid_t init_uid = 0;
  gid_t init_gid = 0;
  std::vector<gid_t> init_groups;
  bool ephemeral = false;
  bool sched_core = false;
  bool no_new_privs = false;
  bool keep_keyring = false;  ///< true: no new session keyring (the documented meaning of lxc.keyring.session = 0)
  std::vector<Setting> environment;          ///< key is the variable's name; resolved against the host's at parse time
  std::vector<Setting> environment_runtime;  ///< for the payload only
  std::vector<Setting> environment_hooks;    ///< for host-side hooks only

  // signals, autostart, monitor
  int halt_signal = 0;    ///< 0: as the init found asks for it
  int reboot_signal = 0;  ///< 0: SIGINT
  int stop_signal = 0;    ///< 0: SIGKILL
  bool autostart = false;
  unsigned start_delay_s = 0;
  int start_order = 0;
  std::vector<std::string> groups;
  std::vector<std::string> start_after, start_requires;  ///< names of containers
  std::string start_ready;                               ///< for a shell inside; empty: it is ready when it runs
  unsigned start_ready_timeout_s = 60;
  bool monitor_unshare = false;
  /// Unset: init outlives a killed monitor (LXC would kill it).
  std::optional<int> monitor_death_signal;

  // console, ttys, /dev
  std::string console_path;  ///< empty, a path, or "none"
  std::string console_logfile;
  bool console_rotate = false;
  std::uint64_t console_log_size = 0;     ///< 0: unlimited
  std::uint64_t console_buffer_size = 0;  ///< 0: off
  unsigned tty_max = 0;
  std::string tty_directory;
  unsigned pty_max = 0;
  bool autodev = true;
  std::uint64_t autodev_size = 500000;

  // root file system and mounts
  std::string rootfs;          ///< lxc.rootfs.path as written, with TYPE: if there was one; empty: the host's root
  Location rootfs_where;
  std::string rootfs_mount;    ///< lxc.rootfs.mount; empty: the default
  std::string rootfs_options;
  bool rootfs_managed = true;
  std::vector<MountEntry> mounts;  ///< lxc.mount.entry, in order
  std::string fstab;               ///< lxc.mount.fstab: a path, read at start
  Location fstab_where;
  AutoMounts auto_mounts;

  // cgroups
  std::vector<Setting> cgroup_v1;  ///< key: what follows lxc.cgroup., in order
  std::vector<Setting> cgroup_v2;  ///< key: what follows lxc.cgroup2.
  std::string cgroup_dir, cgroup_dir_container, cgroup_dir_monitor, cgroup_dir_monitor_pivot, cgroup_dir_container_inner;
  bool cgroup_relative = false;

  // capabilities: at most one of drop and keep is in use
  std::vector<int> cap_drop;
  std::optional<std::vector<int>> cap_keep;  ///< set and empty: keep nothing

  // namespaces, ids, time
  unsigned namespaces_clone = 0;  ///< namespace_bit()s; 0: all that are needed
  unsigned namespaces_keep = 0;
  std::array<Setting, 8> namespaces_share;  ///< indexed by Namespace; value empty: not shared
  std::vector<lxcx_idmap> idmap;
  std::int64_t boottime_offset_s = 0, boottime_offset_ns = 0;
  std::int64_t monotonic_offset_s = 0, monotonic_offset_ns = 0;

  // limits
  struct Rlimit {
    std::string name;  ///< "nofile"
    std::uint64_t soft = 0, hard = 0;  ///< RLIM_INFINITY for unlimited
    Location where;
  };
  std::vector<Rlimit> rlimits;
  std::vector<Setting> sysctls;      ///< key: what follows lxc.sysctl.
  std::vector<Setting> proc_writes;  ///< key: what follows lxc.proc.

  // network, hooks, log
  std::vector<NicConfig> nics;  ///< sorted by index
  Hooks hooks;
  std::string log_file;
  int log_level = -1;  ///< -1: unset
  std::string log_syslog;

  /// Whatever belongs to security plugins (lxc.seccomp.*, lxc.apparmor.*, lxc.selinux.*) and to the plugin key space (lxcx.*): whole keys.
  std::vector<Setting> plugin_settings;

  /// What all of the above was made of: the settings that count, by their current names and in order, includes expanded. What was replaced or
  /// cleared later is not here. print_config writes these.
  std::vector<Setting> settings;

  bool is_privileged() const { return idmap.empty(); }
  std::vector<Setting> settings_with_prefix(std::string_view prefix) const {
    std::vector<Setting> found;
    for (const Setting& s : plugin_settings)
      if (s.key.starts_with(prefix)) found.push_back(s);
    return found;
  }
};

}  // namespace lxcx::core
