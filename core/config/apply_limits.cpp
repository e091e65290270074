// SPDX-License-Identifier: Apache-2.0
// Cgroup files, resource limits, sysctls, files of /proc/PID.
#include <sys/resource.h>

#include <algorithm>
#include <limits>

#include "core/base/text.hpp"
#include "core/config/apply.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/names.hpp"

namespace lxcx::core {
namespace {

/// The part of a key that becomes a file name: no way out of its directory.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos && name.find(' ') == name.npos && !has_control_bytes(name);
}

void add_cgroup_file(Draft& draft, const Assignment& a, std::vector<Setting>& files) {
  if (!is_plain_name(a.name))
    return draft.reject(a.key, shown(a.key) + " names no cgroup file", "write CONTROLLER.FILE, as in lxc.cgroup2.memory.max");
  files.push_back(a.setting_by_name());
}

std::optional<std::uint64_t> take_limit(Draft& draft, std::string_view text) {
  // -1 is what RLIM_INFINITY looks like in a shell, and LXC takes it.
  if (text == "unlimited" || text == "-1") return RLIM_INFINITY;
  const Checked<std::uint64_t> value = parse_unsigned(text, std::numeric_limits<std::uint64_t>::max());
  if (value) return *value;
  draft.reject(text, shown(text) + " is no limit", "SOFT[:HARD], each of them a number or 'unlimited'");
  return std::nullopt;
}

std::string_view without_blanks(std::string_view text) {
  const std::vector<std::string_view> pieces = words(text);
  return pieces.size() == 1 ? pieces[0] : text;
}

}  // namespace

void apply_cgroup_v1(Draft& draft, const Assignment& a) {
  // lxc.cgroup.dir… and lxc.cgroup.relative have rows of their own; what is left of that shape is a slip.
  if (a.name == "dir" || a.name.starts_with("dir.")) {
    return draft.reject(a.key, shown(a.key) + " is no key",
                        "the keys are lxc.cgroup.dir, .dir.container, .dir.container.inner, .dir.monitor and .dir.monitor.pivot");
  }
  add_cgroup_file(draft, a, draft.config.cgroup_v1);
}

void apply_cgroup_v2(Draft& draft, const Assignment& a) { add_cgroup_file(draft, a, draft.config.cgroup_v2); }

void apply_cgroup_dir_inner(Draft& draft, const Assignment& a) {
  if (!is_plain_name(a.value))
    return draft.reject(a.value, shown(a.value) + " is not the name of one directory", "it is one level below lxc.cgroup.dir.container");
  draft.config.cgroup_dir_container_inner = a.value;
}

void apply_prlimit(Draft& draft, const Assignment& a) {
  if (!rlimit_number(a.name)) {
    const std::string_view near = nearest(a.name, rlimit_names());
    return draft.reject(a.key, shown(a.name) + " is no resource limit",
                        near.empty() ? "one of " + one_of(rlimit_names()) : "did you mean lxc.prlimit." + std::string(near) + "?");
  }
  const std::size_t colon = a.value.find(':');
  const auto soft = take_limit(draft, without_blanks(a.value.substr(0, colon)));
  const auto hard = colon == a.value.npos ? soft : take_limit(draft, without_blanks(a.value.substr(colon + 1)));
  if (!soft || !hard) return;
  if (*soft > *hard) return draft.reject(a.value, "the soft limit is above the hard one", "write the smaller number first");
  auto& limits = draft.config.rlimits;
  std::erase_if(limits, [&](const ContainerConfig::Rlimit& limit) { return limit.name == a.name; });
  limits.push_back({std::string(a.name), *soft, *hard, a.where});
}

void apply_sysctl(Draft& draft, const Assignment& a) {
  const bool is_name = !a.name.empty() && a.name.front() != '/' && a.name.front() != '.' && a.name.find(' ') == a.name.npos &&
                       a.name.find("..") == a.name.npos && !has_control_bytes(a.name);
  if (!is_name) return draft.reject(a.key, shown(a.name) + " is no sysctl", "write it as sysctl(8) does: lxc.sysctl.net.ipv4.ip_forward");
  draft.config.sysctls.push_back(a.setting_by_name());
}

void apply_proc(Draft& draft, const Assignment& a) {
  const bool is_confined = !a.name.empty() && parse_relative_path(a.name) && a.name.find(' ') == a.name.npos && !has_control_bytes(a.name);
  if (!is_confined) return draft.reject(a.key, shown(a.name) + " is no file of /proc/PID", "as in lxc.proc.oom_score_adj");
  draft.config.proc_writes.push_back(a.setting_by_name());
}

}  // namespace lxcx::core
