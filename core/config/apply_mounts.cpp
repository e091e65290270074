// SPDX-License-Identifier: Apache-2.0
// Ttys, /dev, mounts and the root file system.
#include <algorithm>
#include <limits>

#include "core/base/text.hpp"
#include "core/config/apply.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/fstab.hpp"

namespace lxcx::core {
namespace {

constexpr std::string_view placeholders[] = {"LXC_TEMPLATE_CONFIG", "LXC_ROOTFS", "LXC_NAME", "@LXC"};

/// A configuration that was copied out of a template before the template filled it in.
void warn_of_placeholder(Draft& draft, const Assignment& a) {
  for (const std::string_view placeholder : placeholders) {
    const std::size_t at = a.value.find(placeholder);
    if (at == a.value.npos) continue;
    return draft.warn(a.value.substr(at, placeholder.size()), shown(placeholder) + " looks like a template's placeholder that was never filled in",
                      "put the path there that it stands for");
  }
}

struct AutoMountValue {
  std::string_view token, value;
};
constexpr AutoMountValue proc_values[] = {{"", "mixed"}, {"mixed", "mixed"}, {"rw", "rw"}};
constexpr AutoMountValue sys_values[] = {{"", "mixed"}, {"mixed", "mixed"}, {"ro", "ro"}, {"rw", "rw"}};
constexpr AutoMountValue cgroup_values[] = {{"", "default"}, {"mixed", "mixed"}, {"ro", "ro"}, {"rw", "rw"}};
constexpr AutoMountValue cgroup2_values[] = {{"", "default"}, {"ro", "ro"}, {"rw", "rw"}};

/// One kind of token. The three cgroup kinds share one setting in LXC: each replaces the others.
struct AutoMountClass {
  std::string_view name;
  std::string AutoMounts::* member;
  std::span<const AutoMountValue> values;
  bool is_cgroup;
};
constexpr AutoMountClass auto_mount_classes[] = {
    {"proc", &AutoMounts::proc, proc_values, false},         {"sys", &AutoMounts::sys, sys_values, false},
    {"cgroup", &AutoMounts::cgroup, cgroup_values, true},    {"cgroup-full", &AutoMounts::cgroup_full, cgroup_values, true},
    {"cgroup2", &AutoMounts::cgroup2, cgroup2_values, true},
};

std::string tokens_of(const AutoMountClass& cls) {
  std::vector<std::string> tokens;
  for (const AutoMountValue& value : cls.values)
    tokens.push_back(std::string(cls.name) + (value.token.empty() ? "" : ":") + std::string(value.token));
  return join(tokens, ", ") + (cls.is_cgroup ? ", each also with :force" : "");
}

void apply_shmounts(Draft& draft, std::string_view token, std::string_view value) {
  const std::size_t colon = value.find(':');
  if (value.empty() || colon == 0)
    return draft.reject(token, shown(token) + " names no directory", "write shmounts:HOST-DIRECTORY[:CONTAINER-DIRECTORY]");
  draft.config.auto_mounts.shmounts_host = value.substr(0, colon);
  const bool has_target = colon != value.npos && colon + 1 < value.size();
  draft.config.auto_mounts.shmounts_container = has_target ? value.substr(colon + 1) : "/dev/.lxc-mounts";
}

void apply_auto_mount(Draft& draft, std::string_view token) {
  const std::size_t colon = std::min(token.find(':'), token.size());
  const std::string_view name = token.substr(0, colon);
  std::string_view value = token.substr(std::min(colon + 1, token.size()));
  if (name == "shmounts") return apply_shmounts(draft, token, value);
  const auto cls = std::ranges::find(auto_mount_classes, name, &AutoMountClass::name);
  if (cls == std::end(auto_mount_classes)) {
    return draft.reject(token, shown(token) + " is no automatic mount",
                        "the kinds are proc, sys, cgroup, cgroup-full, cgroup2 and shmounts, separated by blanks");
  }
  bool is_forced = false;
  if (cls->is_cgroup && (value == "force" || value.ends_with(":force"))) {
    is_forced = true;
    value.remove_suffix(value == "force" ? 5 : 6);
  }
  const auto known = std::ranges::find(cls->values, value, &AutoMountValue::token);
  const bool is_cut_short = token.ends_with(':') || token.find("::") != token.npos;
  if (known == cls->values.end() || is_cut_short) return draft.reject(token, shown(token) + " is no automatic mount", "one of " + tokens_of(*cls));
  AutoMounts& mounts = draft.config.auto_mounts;
  if (cls->is_cgroup) {
    mounts.cgroup.clear();
    mounts.cgroup_full.clear();
    mounts.cgroup2.clear();
    mounts.cgroup_force = is_forced;
  }
  mounts.*cls->member = known->value;
}

}  // namespace

void apply_tty_dir(Draft& draft, const Assignment& a) {
  if (a.value.size() > 255) return draft.reject(a.value, "a directory below /dev with more than 255 bytes");
  if (auto path = draft.take(parse_relative_path(a.value))) draft.config.tty_directory = std::move(*path);
}

void apply_autodev_size(Draft& draft, const Assignment& a) {
  const Checked<std::int64_t> size = parse_signed(a.value, 0, std::numeric_limits<int>::max());
  if (size) {
    draft.config.autodev_size = static_cast<std::uint64_t>(*size);
    return;
  }
  if (parse_signed(a.value, std::numeric_limits<int>::min(), -1)) return draft.reject(a.value, "the size of /dev cannot be negative");
  draft.config.autodev_size = ContainerConfig{}.autodev_size;
  draft.warn(a.value, shown(a.value) + " is no number of bytes; 500000 is used, as in LXC", "write the number of bytes without a unit");
}

void apply_mount_fstab(Draft& draft, const Assignment& a) {
  auto path = draft.take(parse_path(a.value));
  if (!path) return;
  draft.config.fstab = std::move(*path);
  draft.config.fstab_where = a.where;
}

void apply_mount_entry(Draft& draft, const Assignment& a) {
  auto entry = draft.take(parse_mount_line(a.value, &draft.warnings));
  if (!entry) return;
  warn_of_placeholder(draft, a);
  entry->where = a.where;
  draft.config.mounts.push_back(std::move(*entry));
}

void apply_mount_auto(Draft& draft, const Assignment& a) {
  for (const std::string_view token : words(a.value)) apply_auto_mount(draft, token);
}

void apply_rootfs_path(Draft& draft, const Assignment& a) {
  if (has_control_bytes(a.value)) return draft.reject(a.value, shown(a.value) + " is no path: it has a control character");
  warn_of_placeholder(draft, a);
  draft.config.rootfs = a.value;
  draft.config.rootfs_where = a.where;
}

void apply_rootfs_options(Draft& draft, const Assignment& a) {
  for (std::string_view rest = a.value;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view option = rest.substr(0, comma);
    if (option.starts_with("create=") || option == "optional" || option == "relative")
      draft.reject(option, shown(option) + " is an option of lxc.mount.entry; a root file system cannot have it", "leave it out");
    if (comma == rest.npos) break;
    rest.remove_prefix(comma + 1);
  }
  draft.config.rootfs_options = a.value;
}

}  // namespace lxcx::core
