// SPDX-License-Identifier: Apache-2.0
#include "core/config/lxc_form.hpp"

#include <sys/personality.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/keys.hpp"
#include "core/config/parse.hpp"
#include "core/config/values.hpp"

namespace lxcx::core {
namespace {

using C = ContainerConfig;
using Values = std::vector<std::string>;

/// As written: the lines of a list, or the one that counts.
Values written(const C& config, std::string_view key) { return config_values(config, key); }

template <int C::* member>
Values number(const C& config, std::string_view) {
  return {std::to_string(config.*member)};
}

template <std::uint64_t C::* member>
Values bytes(const C& config, std::string_view) {
  return {std::to_string(config.*member)};
}

Values each_word(const C& config, std::string_view key) {
  Values found;
  for (const std::string& value : written(config, key))
    for (const std::string_view word : words(value)) found.emplace_back(word);
  return found;
}

Values architecture(const C& config, std::string_view key) {
#if defined(__x86_64__) || defined(__i386__)
  if (config.personality) return {*config.personality == PER_LINUX32 ? "i686" : "x86_64"};
#endif
  return written(config, key);
}

/// TYPE: is left out, of any type.
Values rootfs_path(const C& config, std::string_view) {
  const std::string& path = config.rootfs;
  const std::size_t colon = path.find(':');
  const bool has_type = colon != path.npos && path.find('/') > colon;
  if (path.empty()) return {};
  return {has_type ? path.substr(colon + 1) : path};
}

Values log_level(const C& config, std::string_view) {
  return {config.log_level < 0 ? "NOTSET" : std::string(level_name(static_cast<Level>(config.log_level)))};
}

Values autodev_size(const C& config, std::string_view key) { return {written(config, key).empty() ? "0" : std::to_string(config.autodev_size)}; }

Values death_signal(const C& config, std::string_view) { return {std::to_string(config.monitor_death_signal.value_or(0))}; }

Values init_groups(const C& config, std::string_view) {
  Values ids;
  for (const gid_t id : config.init_groups) ids.push_back(std::to_string(id));
  return ids.empty() ? Values{} : Values{join(ids, ",")};
}

template <unsigned C::* member>
Values namespaces(const C& config, std::string_view) {
  Values found;
  for (std::size_t i = 0; i < namespace_names.size(); ++i)
    if ((config.*member & namespace_bit(static_cast<Namespace>(i))) != 0) found.emplace_back(namespace_names[i]);
  return found;
}

/// In seconds where there are any, or else in nanoseconds.
std::string offset_text(std::int64_t seconds, std::int64_t nanoseconds, const char* gap) {
  return std::to_string(seconds != 0 ? seconds : nanoseconds) + gap + (seconds != 0 ? "s" : "ns");
}
Values boot_offset(const C& config, std::string_view) { return {offset_text(config.boottime_offset_s, config.boottime_offset_ns, " ")}; }
Values monotonic_offset(const C& config, std::string_view) { return {offset_text(config.monotonic_offset_s, config.monotonic_offset_ns, "")}; }

Values auto_mounts(const C& config, std::string_view) {
  const AutoMounts& mounts = config.auto_mounts;
  Values found;
  const auto add = [&](const std::string& name, const std::string& value, bool is_forced) {
    if (!value.empty()) found.push_back(name + (value == "default" ? "" : ":" + value) + (is_forced ? ":force" : ""));
  };
  add("proc", mounts.proc, false);
  add("sys", mounts.sys, false);
  add("cgroup", mounts.cgroup, mounts.cgroup_force);
  add("cgroup-full", mounts.cgroup_full, mounts.cgroup_force);
  add("cgroup2", mounts.cgroup2, mounts.cgroup_force);
  if (!mounts.shmounts_host.empty()) add("shmounts:" + mounts.shmounts_host, mounts.shmounts_container, false);
  return found.empty() ? Values{} : Values{join(found, " ")};
}

Values network_types(const C& config, std::string_view) {
  Values types;
  for (const NicConfig& nic : config.nics) types.push_back(nic.type);
  return types;
}

std::string limit_text(const C::Rlimit& limit) {
  const auto text = [](std::uint64_t value) { return value == RLIM_INFINITY ? std::string("unlimited") : std::to_string(value); };
  return text(limit.soft) + (limit.soft == limit.hard ? "" : ":" + text(limit.hard));
}

Values limit(const C& config, std::string_view key) {
  for (const C::Rlimit& limit : config.rlimits)
    if ("lxc.prlimit." + limit.name == key) return {limit_text(limit)};
  return {};
}

Values limits(const C& config, std::string_view) {
  Values found;
  for (const C::Rlimit& limit : config.rlimits) found.push_back("lxc.prlimit." + limit.name + " = " + limit_text(limit));
  return found;
}

Values group(const C& config, std::string_view key) {
  Values found;
  for (const Setting& setting : config_settings(config, key)) found.push_back(setting.key + " = " + setting.value);
  return found;
}

struct LxcForm {
  std::string_view name;  ///< of the key's row
  Values (*values)(const C&, std::string_view key);
};
constexpr std::array forms{
    LxcForm{"lxc.arch", architecture},
    LxcForm{"lxc.init.groups", init_groups},
    LxcForm{"lxc.signal.halt", number<&C::halt_signal>},
    LxcForm{"lxc.signal.reboot", number<&C::reboot_signal>},
    LxcForm{"lxc.signal.stop", number<&C::stop_signal>},
    LxcForm{"lxc.monitor.signal.pdeath", death_signal},
    LxcForm{"lxc.group", each_word},
    LxcForm{"lxc.console.size", bytes<&C::console_log_size>},
    LxcForm{"lxc.console.buffer.size", bytes<&C::console_buffer_size>},
    LxcForm{"lxc.autodev.tmpfs.size", autodev_size},
    LxcForm{"lxc.mount.auto", auto_mounts},
    LxcForm{"lxc.rootfs.path", rootfs_path},
    LxcForm{"lxc.cap.drop", each_word},
    LxcForm{"lxc.cap.keep", each_word},
    LxcForm{"lxc.namespace.clone", namespaces<&C::namespaces_clone>},
    LxcForm{"lxc.namespace.keep", namespaces<&C::namespaces_keep>},
    LxcForm{"lxc.time.offset.boot", boot_offset},
    LxcForm{"lxc.time.offset.monotonic", monotonic_offset},
    LxcForm{"lxc.prlimit", limits},
    LxcForm{"lxc.prlimit.", limit},
    LxcForm{"lxc.cgroup", group},
    LxcForm{"lxc.cgroup2", group},
    LxcForm{"lxc.sysctl", group},
    LxcForm{"lxc.proc", group},
    LxcForm{"lxc.log.level", log_level},
    LxcForm{"lxc.net", network_types},
};

/// What LXC shows of a network device where nothing is set. (Of its other keys it shows nothing then.)
struct NicDefault {
  std::string_view sub_key, type, value;  ///< type: empty for any
};
constexpr std::array nic_defaults{
    NicDefault{"l2proxy", "", "0"},
    NicDefault{"veth.mode", "veth", "bridge"},
    NicDefault{"veth.vlan.id", "veth", "0"},
    NicDefault{"macvlan.mode", "macvlan", "private"},
    NicDefault{"ipvlan.mode", "ipvlan", "l3"},
    NicDefault{"ipvlan.isolation", "ipvlan", "bridge"},
    NicDefault{"vlan.id", "vlan", "0"},
};

Result<Values> nic_values(const C& config, std::string_view key) {
  const std::optional<NicKey> asked = split_nic_key(key);
  if (!asked || asked->sub_key.empty()) return fail(Code::usage, shown(key) + " is no key by itself", "write lxc.net.0.type, lxc.net.0.link, …");
  const auto nic = std::ranges::find(config.nics, asked->index, &NicConfig::index);
  if (nic == config.nics.end()) return fail(Code::usage, shown(key) + ": there is no such network device");
  const NicKeySpec* spec = find_nic_key(asked->sub_key);
  if (spec != nullptr && !spec->only_for.empty() && spec->only_for != nic->type)
    return fail(Code::usage, shown(key) + " is for type " + std::string(spec->only_for) + ", and the device's is " + nic->type);
  const bool is_of_another = std::ranges::any_of(
      nic_defaults, [&](const NicDefault& row) { return row.sub_key == asked->sub_key && !row.type.empty() && row.type != nic->type; });
  if (is_of_another) return fail(Code::usage, shown(key) + " is not for type " + nic->type);
  Values values = written(config, key);
  const auto is_default = [&](const NicDefault& row) { return row.sub_key == asked->sub_key && (row.type.empty() || row.type == nic->type); };
  const auto standard = std::ranges::find_if(nic_defaults, is_default);
  if (values.empty() && standard != nic_defaults.end()) values.emplace_back(standard->value);
  return values;
}

/// A number is shown in decimal, and when it is not set too.
Values plain_number(const KeySpec& spec, Values values) {
  if (values.empty()) return {std::string(spec.default_value)};
  const Checked<std::int64_t> number =
      parse_signed(values.back(), std::numeric_limits<std::int64_t>::min() + 1, std::numeric_limits<std::int64_t>::max());
  if (number) values.back() = std::to_string(*number);
  return values;
}

}  // namespace

Result<Values> values_as_lxc(const C& config, std::string_view key, const std::string& rootfs_mount) {
  const KeySpec* spec = find_key(key);
  if (spec == nullptr) {
    LXCX_TRY(current, current_key(key));
    return fail(Code::usage, shown(key) + " is called " + current + " since LXC 2.1");
  }
  if (spec->name == "lxc.net.") return nic_values(config, key);
  if (spec->form == Form::include || spec->name == "lxc.hook" || key.ends_with('.')) return fail(Code::usage, shown(key) + " has no value");
  const auto form = std::ranges::find(forms, spec->name, &LxcForm::name);
  if (form != forms.end()) return form->values(config, key);
  Values values = written(config, key);
  if (spec->type == "0 or 1" || spec->type == "number") return plain_number(*spec, std::move(values));
  if (values.empty() && spec->name == "lxc.rootfs.mount") values.push_back(rootfs_mount);
  return values;
}

}  // namespace lxcx::core
