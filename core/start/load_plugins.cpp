// SPDX-License-Identifier: Apache-2.0
// Which plugins a configuration asks for, by its keys; and loading exactly those.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"
#include "core/start/calls.hpp"
#include "core/start/context.hpp"

namespace lxcx::core {

namespace {

/// LXC's own keys that a plugin serves.
struct KeyOwner {
  std::string_view prefix;
  std::string_view plugin;
  /// A file whose first byte is 'Y' or '1' when the kernel has the LSM; the keys have no effect without it, as under LXC.
  const char* enabled_by;
};
constexpr std::array security_keys{
    KeyOwner{"lxc.seccomp.", "seccomp", nullptr},
    KeyOwner{"lxc.apparmor.", "apparmor", "/sys/module/apparmor/parameters/enabled"},
    KeyOwner{"lxc.selinux.", "selinux", "/sys/fs/selinux/enforce"},
};

void add_once(std::vector<std::string>& names, std::string_view name) {
  if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
}

/// "lxcx.security.landlock.payload" with "lxcx.security." -> "landlock".
std::string_view plugin_of(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix)) return {};
  key.remove_prefix(prefix.size());
  return key.substr(0, key.find('.'));
}

bool kernel_has(Kernel& kernel, const KeyOwner& owner) {
  if (owner.enabled_by == nullptr) return true;
  const Result<std::string> text = read_file(kernel, AT_FDCWD, owner.enabled_by, 64);
  return text && !text->empty() && ((*text)[0] == 'Y' || (*text)[0] == '1' || owner.plugin == "selinux");
}

void want_security(Host& host, const Setting& setting, std::vector<std::string>& names) {
  for (const KeyOwner& owner : security_keys) {
    if (!setting.key.starts_with(owner.prefix)) continue;
    if (kernel_has(host.kernel, owner)) {
      add_once(names, owner.plugin);
    } else {
      host.log.info(setting.key + " has no effect: this kernel runs without " + std::string(owner.plugin));
    }
  }
  if (const std::string_view name = plugin_of(setting.key, "lxcx.security."); !name.empty()) add_once(names, name);
}

Result<void> split_rootfs(Host& host, const ContainerConfig& config, WantedPlugins& wanted) {
  const std::size_t colon = config.rootfs.find(':');
  const bool has_type = colon != std::string::npos && config.rootfs.find('/') > colon;
  wanted.storage_source = has_type ? config.rootfs.substr(colon + 1) : config.rootfs;
  if (!host.selection.storage.empty()) {
    wanted.storage_name = host.selection.storage;
    return {};
  }
  Result<std::string> name = has_type ? host.plugins.storage_for_scheme(config.rootfs.substr(0, colon)) : detect_storage(host, wanted.storage_source);
  if (!name) {
    name.error().where = config.rootfs_where;
    return std::unexpected(std::move(name).error());
  }
  wanted.storage_name = *name;
  return {};
}

/// The first line that asks for a security or hook plugin: the place to show when that one cannot be used.
std::optional<Location> asked_for_at(const ContainerConfig& config, Kind kind, std::string_view name) {
  const std::string_view own = kind == Kind::security ? "lxcx.security." : "lxcx.hook.";
  const auto asks = [&](const Setting& setting) {
    if (plugin_of(setting.key, own) == name) return true;
    return kind == Kind::security &&
           std::ranges::any_of(security_keys, [&](const KeyOwner& owner) { return owner.plugin == name && setting.key.starts_with(owner.prefix); });
  };
  const auto found = std::ranges::find_if(config.plugin_settings, asks);
  return found != config.plugin_settings.end() ? std::optional<Location>(found->where) : std::nullopt;
}

template <class T>
Result<T> located(Result<T> result, const std::optional<Location>& where) {
  if (!result && !result.error().where) result.error().where = where;
  return result;
}

/// `lxcx.KIND.NAME.key`: there is such a plugin, whether this container uses it or not, and it has such a setting.
Result<void> check_own_settings(Host& host, const ContainerConfig& config) {
  constexpr std::array<std::pair<std::string_view, Kind>, 3> families{
      {{"lxcx.storage.", Kind::storage}, {"lxcx.security.", Kind::security}, {"lxcx.hook.", Kind::hook}}};
  for (const auto& [prefix, kind] : families) {
    for (const Setting& setting : config.settings_with_prefix(prefix)) {
      const std::string name(plugin_of(setting.key, prefix));
      const auto refuse = [&](Error error) {
        error.where = setting.where;
        return std::unexpected(std::move(error));
      };
      const Result<const Manifest*> manifest = host.plugins.find(kind, name);
      if (!manifest) return refuse(manifest.error());
      // A storage plugin's settings are named without the prefix: create takes them from its own options too.
      const std::string_view own = std::string_view(setting.key).substr(std::min(setting.key.size(), prefix.size() + name.size() + 1));
      if ((*manifest)->declares(setting.key) || (*manifest)->declares(own)) continue;
      return refuse({Code::config,
                     0,
                     "the " + std::string(kind_name(kind)) + " plugin '" + name + "' has no setting '" + setting.key + "'",
                     "`lxcx plugin info " + std::string(kind_name(kind)) + " " + name + "` lists its settings",
                     {},
                     {},
                     {}});
    }
  }
  return {};
}

Result<LoadedPlugins::Nic> load_nic(Host& host, const NicConfig& config) {
  LXCX_TRY(manifest, host.plugins.find(Kind::network, config.type));
  LXCX_TRY(plugin, host.plugins.network(config.type));
  for (const Setting& setting : config.settings) {
    if (manifest->declares(setting.key)) continue;
    if (is_known_nic_key(setting.key)) {
      host.log.debug("lxc.net." + std::to_string(config.index) + "." + setting.key + " means nothing to a " + config.type + " device, ignoring");
      continue;
    }
    Error error{Code::config, 0, "the network plugin '" + config.type + "' has no setting '" + setting.key + "'", {}, {}, setting.where, {}};
    error.hint = "`lxcx plugin info network " + config.type + "` lists its settings";
    return std::unexpected(std::move(error));
  }
  const bool makes_none = manifest->has("host-namespace") || manifest->has("no-device");
  return LoadedPlugins::Nic{plugin, &config, manifest->has("host-namespace"), makes_none || manifest->has("ordinary-users")};
}

/// Of a plugin that cannot make its device without the host's CAP_NET_ADMIN the kernel would only say EPERM, and late.
Result<void> check_may_connect(const LoadedPlugins::Nic& nic) {
  if (::geteuid() == 0 || nic.serves_ordinary_users) return {};
  return fail(Code::denied, "a device of type " + nic.config->type + " needs root: it is made of what is the host's",
              "lxc.net." + std::to_string(nic.config->index) +
                  ".type = veth is for ordinary users too, through lxcx-netd(8); lxc.net.0.type = empty gives the container a network of its own, "
                  "without any device");
}

}  // namespace

Result<std::string> detect_storage(Host& host, const std::string& source) {
  const Result<struct stat> status = host.kernel.fstatat(AT_FDCWD, source.c_str(), 0);
  if (!status) {
    Error error = status.error();
    error.message = "the root file system '" + source + "' cannot be used";
    error.hint = "create it, or point lxc.rootfs.path at another";
    return std::unexpected(std::move(error));
  }
  if (S_ISDIR(status->st_mode)) return "dir";
  // Anything else: ask those who say that they recognise sources.
  HostCall call({&host.log, "storage", {}, nullptr, {}, nullptr});
  Call view = call.call();
  return host.plugins.storage_for_source(view, source);
}

std::vector<std::string> wanted_security(Host& host, const ContainerConfig& config) {
  std::vector<std::string> names;
  for (const Setting& setting : config.plugin_settings) want_security(host, setting, names);
  for (const std::string& name : split(host.selection.security, ',')) add_once(names, name);
  return names;
}

Result<WantedPlugins> wanted_plugins(Host& host, const ContainerConfig& config) {
  WantedPlugins wanted;
  if (!config.rootfs.empty()) LXCX_CHECK(split_rootfs(host, config, wanted));
  const bool has_scripts =
      std::ranges::any_of(config.nics, [](const NicConfig& nic) { return !nic.get("script.up").empty() || !nic.get("script.down").empty(); });
  if (!config.hooks.by_type.empty() || has_scripts) wanted.hooks.emplace_back("script");
  wanted.security = wanted_security(host, config);
  for (const Setting& setting : config.plugin_settings)
    if (const std::string_view name = plugin_of(setting.key, "lxcx.hook."); !name.empty()) add_once(wanted.hooks, name);
  for (const std::string& name : split(host.selection.hook, ',')) add_once(wanted.hooks, name);
  return wanted;
}

Result<LoadedPlugins> load_plugins(Host& host, const ContainerConfig& config) {
  LXCX_TRY(wanted, wanted_plugins(host, config));
  LoadedPlugins loaded;
  loaded.storage_name = wanted.storage_name;
  loaded.storage_source = wanted.storage_source;
  if (!wanted.storage_name.empty()) {
    LXCX_TRY(storage, host.plugins.storage(wanted.storage_name));
    loaded.storage = storage;
  }
  for (const NicConfig& nic : config.nics) {
    LXCX_TRY(one, located(load_nic(host, nic), nic.where));
    loaded.nics.push_back(one);
  }
  for (const std::string& name : wanted.security) {
    LXCX_TRY(plugin, located(host.plugins.security(name), asked_for_at(config, Kind::security, name)));
    loaded.security.push_back({plugin, name});
  }
  for (const std::string& name : wanted.hooks) {
    LXCX_TRY(manifest, located(host.plugins.find(Kind::hook, name), asked_for_at(config, Kind::hook, name)));
    LXCX_TRY(plugin, host.plugins.hook(name));
    loaded.hooks.push_back({plugin, name, manifest->has("in-child"), event_mask(manifest->events)});
  }
  return loaded;
}

Result<void> validate_with_plugins(StartContext& context) {
  // Here and not where plugins are loaded: no misspelt setting may keep a container from being taken down or destroyed.
  LXCX_CHECK(check_own_settings(context.host, context.config));
  for (const LoadedPlugins::Nic& nic : context.plugins.nics) {
    LXCX_CHECK(located(doing(check_may_connect(nic), nic_text(*nic.config)), nic.config->where));
    HostCall call(nic_call(context, *nic.config, nullptr));
    Call view = call.call();
    Result<void> valid = nic.plugin->validate(view, Nic{context.paths.name, nic.config->type, nic.config->index, -1});
    LXCX_CHECK(located(doing(std::move(valid), nic_text(*nic.config)), nic.config->where));
  }
  for (const LoadedPlugins::Confiner& confiner : context.plugins.security) {
    HostCall call(security_call(context, confiner.name, nullptr));
    Call view = call.call();
    Result<void> valid = doing(confiner.plugin->validate(view, confinement(context)), "security plugin '" + confiner.name + "'");
    LXCX_CHECK(located(std::move(valid), asked_for_at(context.config, Kind::security, confiner.name)));
  }
  for (const LoadedPlugins::Listener& listener : context.plugins.hooks) {
    HostCall call(hook_call(context, listener.name, nullptr));
    Call view = call.call();
    Event event;
    event.container = context.paths.name;
    event.hook_version = context.config.hooks.version;
    Result<void> valid = doing(listener.plugin->validate(view, event), "hook plugin '" + listener.name + "'");
    LXCX_CHECK(located(std::move(valid), asked_for_at(context.config, Kind::hook, listener.name)));
  }
  return {};
}

}  // namespace lxcx::core
