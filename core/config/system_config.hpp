// SPDX-License-Identifier: Apache-2.0
// lxc.conf: where containers live and what new ones get. Not a container's configuration, and in a format of its own.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/parse.hpp"

namespace lxcx::core {

/// Root's, unless lxc.conf or the command line says otherwise.
constexpr std::string_view system_lxcpath = "/var/lib/lxc";

struct SystemConfig {
  std::string file;     ///< where it was looked for; it need not exist
  std::string lxcpath;  ///< no trailing slash
  std::string default_config;
  std::string lvm_vg, lvm_thin_pool, zfs_root, rbd_pool;
  std::string rbd_user;        ///< empty: none
  std::string cgroup_pattern;  ///< empty: none; %n stands for the container's name
  std::string cgroup_use;      ///< cgroup v1 controllers, comma separated; empty: all
  /// Lines that lxcx does not understand, which LXC skips too: "file:line: …".
  std::vector<std::string> warnings;

  /// By key, as lxc-config prints it; nothing for an unknown key or one that is unset.
  std::optional<std::string> get(std::string_view key) const;
};

/// What it says for a storage plugin of that name (lvm, zfs, rbd), by the plugin's own settings: vgname, thinpool, zfsroot, rbdpool, rbduser.
std::vector<std::pair<std::string, std::string>> storage_defaults(const SystemConfig& config, std::string_view storage);

/// The keys that `get` knows, in the order `lxc-config -l` lists them.
std::vector<std::string_view> system_config_keys();

/// /etc/lxc/lxc.conf for root, ~/.config/lxc/lxc.conf for others ($HOME, or / when it is unset).
std::string system_config_path(const ConfigSource& source, bool is_root);

/// Reads that file; one that is not there means the defaults. Errors: denied, kernel, when it is there and cannot be read.
Result<SystemConfig> load_system_config(const ConfigSource& source, bool is_root);

/// The text alone. Of two lines with one key the first wins.
SystemConfig parse_system_config(std::string_view text, const std::string& file, const ConfigSource& source, bool is_root);

}  // namespace lxcx::core
