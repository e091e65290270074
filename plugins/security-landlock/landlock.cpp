// SPDX-License-Identifier: Apache-2.0
// security-landlock: an optional second fence. The plugin makes rulesets on the host; lxcx restricts init, each attach and the monitor.
#include <array>

#include "fences.hpp"
#include "lxcx/plugin.hpp"
#include "ruleset.hpp"

namespace lxcx {
namespace {

/// Where a monitor writes besides the container's directory: its run directory, cgroups, terminals and devices, logs.
constexpr std::array monitor_places{"/run", "/sys/fs/cgroup", "/dev", "/var/log"};

struct Rulesets {
  std::optional<landlock::Ruleset> payload, monitor;
};

Result<landlock::Ruleset> payload_ruleset(const landlock::PayloadFence& fence) {
  LXCX_TRY(ruleset, landlock::Ruleset::create(0, fence.handled_net, fence.scoped));
  for (const std::uint16_t port : fence.bind_ports) LXCX_CHECK(ruleset.allow_port(landlock::net_bind_tcp, port));
  for (const std::uint16_t port : fence.connect_ports) LXCX_CHECK(ruleset.allow_port(landlock::net_connect_tcp, port));
  return ruleset;
}

Result<landlock::Ruleset> monitor_ruleset(const landlock::MonitorFence& fence, const Confinement& confinement, int abi) {
  const std::uint64_t rights = landlock::writing_rights(abi);
  LXCX_TRY(ruleset, landlock::Ruleset::create(rights, 0, 0));
  // Not known at validation, which makes the ruleset only to see that it can be made.
  if (!confinement.directory.empty()) LXCX_CHECK(ruleset.allow_below(rights, std::string(confinement.directory)));
  for (const char* place : monitor_places) {
    const Result<void> allowed = ruleset.allow_below(rights, place);
    if (!allowed && allowed.error().sys_errno != ENOENT) return std::unexpected(allowed.error());
  }
  for (const std::string& path : fence.write) LXCX_CHECK(doing(ruleset.allow_below(rights, path), "lxcx.security.landlock.monitor.write"));
  return ruleset;
}

Result<Rulesets> make_rulesets(const Call& call, const Confinement& confinement) {
  Rulesets made;
  LXCX_TRY(fences, landlock::read_fences(call));
  if (!fences.is_wanted()) return made;
  const int abi = landlock::kernel_abi();
  LXCX_CHECK(landlock::check_abi(fences, abi));
  if (fences.payload.is_wanted()) {
    LXCX_TRY(payload, payload_ruleset(fences.payload));
    made.payload = std::move(payload);
  }
  if (fences.monitor.is_wanted) {
    LXCX_TRY(monitor, monitor_ruleset(fences.monitor, confinement, abi));
    made.monitor = std::move(monitor);
  }
  return made;
}

class Landlock final : public Security {
 public:
  Result<void> validate(Call& call, const Confinement& confinement) override {
    LXCX_CHECK(make_rulesets(call, confinement));
    return {};
  }

  Result<void> compile(Call& call, const Confinement& confinement) override {
    LXCX_TRY(made, make_rulesets(call, confinement));
    if (made.payload) call.result_fd("payload.landlock", made.payload->release());
    if (made.monitor) call.result_fd("monitor.landlock", made.monitor->release());
    if (made.monitor && landlock::kernel_abi() < 3)
      call.log(LXCX_NOTICE, "Landlock before ABI 3 cannot forbid the monitor truncate(2) outside its places");
    return {};
  }
};

}  // namespace
}  // namespace lxcx

LXCX_PLUGIN(security, lxcx::Landlock, "landlock", LXCX_PLUGIN_VERSION,
            "A second fence by Landlock: sockets, signals and TCP ports of the payload, file writes of the monitor", "Apache-2.0");
