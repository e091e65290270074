// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/refusals.hpp"

#include <algorithm>
#include <array>

namespace lxcx::core {

namespace {

Failure refuse(std::string message, std::string hint, const Location& where) {
  Failure failure = fail(Code::unsupported, std::move(message), std::move(hint));
  if (where.line != 0) failure.error().where = where;
  return failure;
}

/// Its devices must be ones that criu makes again, or none.
Result<void> refuse_nics(Host& host, const ContainerConfig& config) {
  for (const NicConfig& nic : config.nics) {
    LXCX_TRY(manifest, host.plugins.find(Kind::network, nic.type));
    if (manifest->has("restored-pair") || manifest->has("no-device")) continue;
    return refuse("lxc.net." + std::to_string(nic.index) + ": a device of the type " + nic.type + " cannot be dumped",
                  "use veth, empty or none; or a network plugin whose manifest says restored-pair", nic.where);
  }
  return {};
}

Result<void> refuse_shared_namespaces(const ContainerConfig& config) {
  const auto shared = std::ranges::find_if(config.namespaces_share, [](const Setting& setting) { return !setting.value.empty(); });
  if (shared == config.namespaces_share.end()) return {};
  return refuse(shared->key + ": a container in somebody else's namespace cannot be dumped", "take the line out, and start it anew", shared->where);
}

/// Keys that ask for what no image of criu's holds: restored, the container would run without.
struct LostKey {
  std::string_view prefix, why;
};
constexpr std::array lost_keys{
    LostKey{"lxcx.security.landlock.payload", "criu does not restore Landlock's rules: the container would run without them"},
    LostKey{"lxc.seccomp.notify.", "criu does not dump a filter that asks another process"},
};

}  // namespace

Result<void> refuse_undumpable(Host& host, const ContainerConfig& config, const RunState& state) {
  if (config.rootfs.empty())
    return fail(Code::unsupported, "'" + state.name + "' has the host's own root file system, which cannot be dumped", "set lxc.rootfs.path");
  LXCX_CHECK(refuse_shared_namespaces(config));
  for (const MountEntry& mount : config.mounts)
    if (std::ranges::any_of(mount.options, [](const std::string& option) { return option.starts_with("idmap="); }))
      return refuse("lxc.mount.entry: criu does not restore the mapped ids of '" + mount.target + "'", "take idmap= out, and start it anew",
                    mount.where);
  for (const Setting& setting : config.plugin_settings)
    for (const LostKey& lost : lost_keys)
      if (setting.key.starts_with(lost.prefix))
        return refuse(setting.key + ": " + std::string(lost.why), "take the line out, and start it anew", setting.where);
  if (config.sched_core) {
    const auto line = std::ranges::find(config.settings, "lxc.sched.core", &Setting::key);
    return refuse("lxc.sched.core: criu does not restore a core scheduling cookie", "take the line out, and start it anew",
                  line != config.settings.end() ? line->where : Location{});
  }
  return refuse_nics(host, config);
}

}  // namespace lxcx::core
