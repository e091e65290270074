// SPDX-License-Identifier: Apache-2.0
#include "core/config/system_config.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/text.hpp"
#include "core/config/diagnostics.hpp"

namespace lxcx::core {
namespace {

struct SystemKey {
  std::string_view name;
  std::string SystemConfig::* member;
};
constexpr std::array keys{
    SystemKey{"lxc.default_config", &SystemConfig::default_config},
    SystemKey{"lxc.lxcpath", &SystemConfig::lxcpath},
    SystemKey{"lxc.bdev.lvm.vg", &SystemConfig::lvm_vg},
    SystemKey{"lxc.bdev.lvm.thin_pool", &SystemConfig::lvm_thin_pool},
    SystemKey{"lxc.bdev.zfs.root", &SystemConfig::zfs_root},
    SystemKey{"lxc.cgroup.use", &SystemConfig::cgroup_use},
    SystemKey{"lxc.cgroup.pattern", &SystemConfig::cgroup_pattern},
    SystemKey{"lxc.bdev.rbd.rbdpool", &SystemConfig::rbd_pool},
    SystemKey{"lxc.bdev.rbd.rbduser", &SystemConfig::rbd_user},
};

std::string home(const ConfigSource& source) {
  const char* value = source.environment ? source.environment("HOME") : nullptr;
  const std::string directory = value != nullptr ? value : "";
  return directory == "/" ? "" : directory;
}

SystemConfig defaults(const ConfigSource& source, bool is_root) {
  SystemConfig config;
  config.lxcpath = is_root ? std::string(system_lxcpath) : home(source) + "/.local/share/lxc";
  config.default_config = is_root ? "/etc/lxc/default.conf" : home(source) + "/.config/lxc/default.conf";
  config.lvm_vg = config.lvm_thin_pool = config.zfs_root = config.rbd_pool = "lxc";
  return config;
}

std::string_view after_blanks(std::string_view text) { return text.substr(std::min(text.find_first_not_of(" \t"), text.size())); }

std::string unknown_key(const std::string& place, std::string_view key) {
  std::vector<std::string_view> names = system_config_keys();
  const std::string_view near = nearest(key, names);
  return place + "unknown key " + shown(key) + ", ignoring" + (near.empty() ? "" : "; did you mean " + std::string(near) + "?");
}

}  // namespace

std::vector<std::string_view> system_config_keys() {
  std::vector<std::string_view> names;
  for (const SystemKey& key : keys) names.push_back(key.name);
  return names;
}

std::optional<std::string> SystemConfig::get(std::string_view key) const {
  const auto found = std::ranges::find(keys, key, &SystemKey::name);
  if (found == keys.end() || (this->*found->member).empty()) return std::nullopt;
  return this->*found->member;
}

std::string system_config_path(const ConfigSource& source, bool is_root) {
  return is_root ? "/etc/lxc/lxc.conf" : home(source) + "/.config/lxc/lxc.conf";
}

// '#' begins a comment in the first column only; a value goes to the end of its line, with blanks and quotes as they are.
SystemConfig parse_system_config(std::string_view text, const std::string& file, const ConfigSource& source, bool is_root) {
  SystemConfig config = defaults(source, is_root);
  config.file = file;
  std::vector<std::string_view> seen;
  unsigned number = 0;
  for (text = text.substr(0, text.find('\0')); !text.empty();) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string place = printable(file) + ":" + std::to_string(++number) + ": ";
    if (line.starts_with('#') || after_blanks(line).empty()) continue;
    const std::size_t equals = line.find('=');
    const std::string_view key = trim(line.substr(0, equals));
    const auto found = std::ranges::find(keys, key, &SystemKey::name);
    if (equals == line.npos || found == keys.end()) {
      if (config.warnings.size() < 100)
        config.warnings.push_back(equals == line.npos ? place + "there is no '=', ignoring " + shown(line) : unknown_key(place, key));
      continue;
    }
    if (std::ranges::find(seen, found->name) != seen.end()) continue;
    seen.push_back(found->name);
    config.*found->member = after_blanks(line.substr(equals + 1));
  }
  while (config.lxcpath.size() > 1 && config.lxcpath.back() == '/') config.lxcpath.pop_back();
  return config;
}

Result<SystemConfig> load_system_config(const ConfigSource& source, bool is_root) {
  const std::string file = system_config_path(source, is_root);
  Result<std::string> text = source.read(file);
  if (!text && text.error().code != Code::not_found) return doing(Result<SystemConfig>(std::unexpected(std::move(text).error())), "read " + file);
  return parse_system_config(text ? *text : std::string_view{}, file, source, is_root);
}

std::vector<std::pair<std::string, std::string>> storage_defaults(const SystemConfig& config, std::string_view storage) {
  std::vector<std::pair<std::string, std::string>> settings;
  if (storage == "lvm") settings = {{"vgname", config.lvm_vg}, {"thinpool", config.lvm_thin_pool}};
  if (storage == "zfs") settings = {{"zfsroot", config.zfs_root}};
  if (storage == "rbd") settings = {{"rbdpool", config.rbd_pool}, {"rbduser", config.rbd_user}};
  std::erase_if(settings, [](const auto& setting) { return setting.second.empty(); });
  return settings;
}

}  // namespace lxcx::core
