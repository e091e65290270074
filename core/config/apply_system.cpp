// SPDX-License-Identifier: Apache-2.0
// Architecture, hostname, init, environment, autostart groups, hooks, log.
#include <algorithm>
#include <limits>

#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/config/apply.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/names.hpp"

namespace lxcx::core {
namespace {

/// NAME=value; a bare NAME has been replaced by the host's value before it comes here.
void add_variable(Draft& draft, const Assignment& a, std::vector<Setting>& variables) {
  const std::size_t equals = a.value.find('=');
  const std::string_view name = a.value.substr(0, equals);
  if (name.empty()) return draft.reject(a.value, shown(a.value) + " has no variable name", "write NAME=value, or NAME for the host's value");
  const std::string_view value = equals == a.value.npos ? std::string_view{} : a.value.substr(equals + 1);
  variables.push_back({std::string(name), std::string(value), a.where});
}

}  // namespace

void apply_arch(Draft& draft, const Assignment& a) {
  draft.config.personality = architecture_personality(a.value);
  if (draft.config.personality) return;
  const std::string_view near = nearest(a.value, architecture_names());
  draft.reject(a.value, shown(a.value) + " is no architecture",
               near.empty() ? "one of " + one_of(architecture_names()) : "did you mean " + std::string(near) + "?");
}

void apply_hostname(Draft& draft, const Assignment& a) {
  constexpr std::size_t longest = 64;  // __NEW_UTS_LEN of linux/utsname.h
  if (a.value.size() > longest)
    return draft.reject(a.value, "the hostname has " + std::to_string(a.value.size()) + " bytes; the kernel takes at most 64");
  if (has_control_bytes(a.value)) return draft.reject(a.value, shown(a.value) + " is no hostname: it has a control character");
  draft.config.hostname = a.value;
}

void apply_init_groups(Draft& draft, const Assignment& a) {
  for (std::string_view rest = a.value;;) {
    const std::size_t comma = rest.find(',');
    const std::vector<std::string_view> pieces = words(rest.substr(0, comma));
    const std::string_view piece = pieces.size() == 1 ? pieces[0] : rest.substr(0, comma);
    Checked<std::uint64_t> gid = parse_unsigned(piece, std::numeric_limits<gid_t>::max());
    if (gid) {
      draft.config.init_groups.push_back(static_cast<gid_t>(*gid));
    } else if (!pieces.empty()) {  // as LXC has it, "1,,2" and "1," have no group in between or behind
      draft.reject(piece, gid.error().message, "group numbers, with commas between them");
    }
    if (comma == rest.npos) return;
    rest.remove_prefix(comma + 1);
  }
}

void apply_environment(Draft& draft, const Assignment& a) { add_variable(draft, a, draft.config.environment); }
void apply_environment_runtime(Draft& draft, const Assignment& a) { add_variable(draft, a, draft.config.environment_runtime); }
void apply_environment_hooks(Draft& draft, const Assignment& a) { add_variable(draft, a, draft.config.environment_hooks); }

// lxc.container.conf(5): 0 inherits the caller's session keyring, 1 makes a new one. LXC's code has it the other way round.
void apply_keyring_session(Draft& draft, const Assignment& a) {
  if (const auto makes_new = draft.take(parse_bool(a.value))) draft.config.keep_keyring = !*makes_new;
}

void apply_monitor_death_signal(Draft& draft, const Assignment& a) {
  const Result<int> signal = parse_signal(a.value);
  if (!signal) return draft.reject(a.value, signal.error().message, signal.error().hint);
  draft.config.monitor_death_signal = *signal;
}

void apply_monitor_unshare(Draft& draft, const Assignment& a) {
  if (const auto value = draft.take(parse_unsigned(a.value, std::numeric_limits<unsigned>::max()))) draft.config.monitor_unshare = *value != 0;
}

void apply_hook(Draft& draft, const Assignment& a) {
  const std::string_view type = a.key.substr(std::string_view("lxc.hook.").size());
  auto& by_type = draft.config.hooks.by_type;
  auto hooks = by_type.find(type);
  if (hooks == by_type.end()) hooks = by_type.emplace(std::string(type), std::vector<Setting>{}).first;
  hooks->second.push_back(a.setting());
}

void apply_hook_version(Draft& draft, const Assignment& a) {
  const Checked<std::uint64_t> version = parse_unsigned(a.value, 1);
  if (!version) return draft.reject(a.value, shown(a.value) + " is no version of the hook interface", "0 or 1");
  draft.config.hooks.version = static_cast<unsigned>(*version);
}

void apply_log_level(Draft& draft, const Assignment& a) {
  const Result<Level> level = parse_level(a.value);
  if (!level || *level > Level::fatal) {
    return draft.reject(a.value, shown(a.value) + " is no log level", "0 to 8, or TRACE, DEBUG, INFO, NOTICE, WARN, ERROR, CRIT, ALERT or FATAL");
  }
  draft.config.log_level = static_cast<int>(*level);
}

void apply_log_syslog(Draft& draft, const Assignment& a) {
  constexpr std::string_view facilities[] = {"daemon", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"};
  const auto facility = std::ranges::find_if(facilities, [&](std::string_view name) { return equal_ignoring_case(name, a.value); });
  if (facility == std::end(facilities)) return draft.reject(a.value, shown(a.value) + " is no syslog facility", "daemon, or local0 to local7");
  draft.config.log_syslog = *facility;
}

}  // namespace lxcx::core
