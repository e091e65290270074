// SPDX-License-Identifier: Apache-2.0
#include "core/start/calls.hpp"

#include <algorithm>
#include <array>

namespace lxcx::core {

namespace {

// In the order of lxcx_event_id.
constexpr std::array<std::string_view, LXCX_EVENT_COUNT> event_names{"pre-start", "pre-mount", "mount",  "autodev",   "start-host",
                                                                     "start",     "running",   "stop",   "post-stop", "create",
                                                                     "clone",     "destroy",   "net-up", "net-down"};

constexpr std::array<std::string_view, 25> nic_keys{"flags",
                                                    "link",
                                                    "l2proxy",
                                                    "name",
                                                    "hwaddr",
                                                    "mtu",
                                                    "ipv4.address",
                                                    "ipv4.gateway",
                                                    "ipv6.address",
                                                    "ipv6.gateway",
                                                    "script.up",
                                                    "script.down",
                                                    "veth.mode",
                                                    "veth.pair",
                                                    "veth.n_rxqueues",
                                                    "veth.n_txqueues",
                                                    "veth.ipv4.route",
                                                    "veth.ipv6.route",
                                                    "veth.vlan.id",
                                                    "veth.vlan.tagged.id",
                                                    "macvlan.mode",
                                                    "ipvlan.mode",
                                                    "ipvlan.isolation",
                                                    "vlan.id",
                                                    "type"};

HostCall::Inputs inputs(const StartContext& context, std::string who, std::vector<Setting> settings, RecordStore* records) {
  HostCall::Inputs all;
  all.log = &context.log();
  all.who = std::move(who);
  all.settings = std::move(settings);
  all.records = records;
  return all;
}

}  // namespace

std::vector<Setting> storage_settings(const Host& host, const ContainerConfig& config, const std::string& name) {
  const std::string prefix = "lxcx.storage." + name + ".";
  std::vector<Setting> settings = config.settings_with_prefix(prefix);
  for (Setting& setting : settings) setting.key.erase(0, prefix.size());
  for (const auto& [key, value] : storage_defaults(host.system, name)) settings.push_back({key, value, {}});
  return settings;
}

HostCall::Inputs storage_call(const StartContext& context, RecordStore* records) {
  const std::string& name = context.plugins.storage_name;
  return inputs(context, "storage '" + name + "'", storage_settings(context.host, context.config, name), records);
}

HostCall::Inputs nic_call(const StartContext& context, const NicConfig& nic, RecordStore* records) {
  return inputs(context, "network '" + nic.type + "'", nic.settings, records);
}

HostCall::Inputs security_call(const StartContext& context, const std::string& name, RecordStore* records) {
  return inputs(context, "security '" + name + "'", context.config.plugin_settings, records);
}

HostCall::Inputs hook_call(const StartContext& context, const std::string& name, const NicConfig* nic) {
  std::vector<Setting> settings = context.config.plugin_settings;
  for (const auto& [type, commands] : context.config.hooks.by_type)
    for (const Setting& command : commands) settings.push_back({"lxc.hook." + type, command.value, command.where});
  if (nic != nullptr)
    for (const Setting& setting : nic->settings)
      if (setting.key.starts_with("script.")) settings.push_back({"lxc.net." + setting.key, setting.value, setting.where});
  return inputs(context, "hook '" + name + "'", std::move(settings), nullptr);
}

Volume volume(const StartContext& context, const std::string& directory) {
  return {context.paths.name, context.plugins.storage_source, directory, context.config.rootfs_options, context.config.idmap};
}

Confinement confinement(const StartContext& context) { return {context.paths.name, {}, context.config.idmap}; }

std::string nic_text(const NicConfig& nic) { return "lxc.net." + std::to_string(nic.index) + " (" + nic.type + ")"; }

bool is_known_nic_key(std::string_view sub_key) { return std::ranges::find(nic_keys, sub_key) != nic_keys.end(); }

std::uint64_t event_mask(const std::vector<std::string>& names) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < event_names.size(); ++i)
    if (std::ranges::find(names, event_names[i]) != names.end()) mask |= std::uint64_t{1} << i;
  return mask;
}

std::string_view event_name(lxcx_event_id id) { return event_names[id]; }

}  // namespace lxcx::core
