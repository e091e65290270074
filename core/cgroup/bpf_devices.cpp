// SPDX-License-Identifier: Apache-2.0
#include "core/cgroup/bpf_devices.hpp"

#include <linux/bpf.h>

#include <array>
#include <cstring>

#include "core/base/text.hpp"

namespace lxcx::core {
namespace {

constexpr const char* changes_attribute = "trusted.lxcx.devices";
constexpr std::string_view program_name = "lxcx_devices";
static_assert(program_name.size() < BPF_OBJ_NAME_LEN);

std::uint64_t address(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }
std::uint32_t as_field(int fd) { return static_cast<std::uint32_t>(fd); }

Result<UniqueFd> load_program(Kernel& kernel, const std::vector<bpf_insn>& code) {
  static constexpr char licence[] = "Apache-2.0";
  bpf_attr attributes = {};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insns = address(code.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(code.size());
  attributes.license = address(licence);
  std::memcpy(attributes.prog_name, program_name.data(), program_name.size());
  LXCX_TRY(fd, doing(kernel.bpf(BPF_PROG_LOAD, attributes), "load the device program"));
  return UniqueFd(fd);
}

Result<bool> is_ours(Kernel& kernel, int program_fd) {
  bpf_prog_info info = {};
  bpf_attr attributes = {};
  attributes.info.bpf_fd = as_field(program_fd);
  attributes.info.info_len = sizeof info;
  attributes.info.info = address(&info);
  LXCX_CHECK(kernel.bpf(BPF_OBJ_GET_INFO_BY_FD, attributes));
  return program_name == std::string_view(info.name, ::strnlen(info.name, sizeof info.name));
}

/// The program that an earlier change attached, or an empty fd.
Result<UniqueFd> attached_program(Kernel& kernel, int cgroup_fd) {
  std::array<std::uint32_t, 64> ids = {};  // BPF_CGROUP_MAX_PROGS
  bpf_attr query = {};
  query.query.target_fd = as_field(cgroup_fd);
  query.query.attach_type = BPF_CGROUP_DEVICE;
  query.query.prog_ids = address(ids.data());
  query.query.prog_cnt = static_cast<std::uint32_t>(ids.size());
  LXCX_CHECK(kernel.bpf(BPF_PROG_QUERY, query));
  for (std::uint32_t i = 0; i < query.query.prog_cnt; ++i) {
    bpf_attr attributes = {};
    attributes.prog_id = ids[i];
    LXCX_TRY(number, kernel.bpf(BPF_PROG_GET_FD_BY_ID, attributes));
    UniqueFd program(number);
    LXCX_TRY(ours, is_ours(kernel, program.get()));
    if (ours) return program;
  }
  return UniqueFd();
}

Result<void> attach_program(Kernel& kernel, int cgroup_fd, int program_fd) {
  LXCX_TRY(former, attached_program(kernel, cgroup_fd));
  bpf_attr attributes = {};
  attributes.target_fd = as_field(cgroup_fd);
  attributes.attach_bpf_fd = as_field(program_fd);
  attributes.attach_type = BPF_CGROUP_DEVICE;
  // ALLOW_MULTI: the container's own init may attach programs below; all must agree to an access.
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  if (former) {
    attributes.attach_flags |= BPF_F_REPLACE;
    attributes.replace_bpf_fd = as_field(former.get());
  }
  LXCX_CHECK(doing(kernel.bpf(BPF_PROG_ATTACH, attributes), "attach the device program"));
  return {};
}

std::string print_changes(const std::vector<DeviceChange>& changes) {
  std::string text;
  for (const DeviceChange& change : changes) text.append(change.allow ? "allow " : "deny ").append(print_device_rule(change.rule)).append("\n");
  return text;
}

Result<std::vector<DeviceChange>> parse_changes(const std::string& text) {
  std::vector<DeviceChange> changes;
  for (const std::string& line : split(text, '\n')) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos) return fail(Code::internal, std::string(changes_attribute) + " holds no device rule: '" + line + "'");
    LXCX_TRY(rule, parse_device_rule(std::string_view(line).substr(blank + 1)));
    changes.push_back({line.starts_with("allow "), rule});
  }
  return changes;
}

/// Changes before the last "a" have no effect any more; dropping them keeps the attribute small.
void forget_superseded(std::vector<DeviceChange>& changes) {
  for (std::size_t at = changes.size(); at-- > 0;) {
    if (!changes[at].rule.all) continue;
    changes.erase(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(at));
    return;
  }
}

/// Puts the program of `all` in place of the one of `former`, and keeps them.
Result<void> enforce(Kernel& kernel, int cgroup_fd, std::vector<DeviceChange> all, const std::string& former) {
  forget_superseded(all);
  LXCX_TRY(program, load_program(kernel, compile_device_policy(device_policy(all))));
  LXCX_CHECK(kernel.fsetxattr(cgroup_fd, changes_attribute, print_changes(all)));
  auto attached = attach_program(kernel, cgroup_fd, program.get());
  if (attached) return {};
  (void)kernel.fsetxattr(cgroup_fd, changes_attribute, former);  // the attach failed: what is kept must be what is enforced
  return attached;
}

}  // namespace

Result<std::string> device_changes(Kernel& kernel, int cgroup_fd) {
  auto text = kernel.fgetxattr(cgroup_fd, changes_attribute);
  if (!text && text.error().sys_errno == ENODATA) return std::string();
  return text;
}

Result<void> change_devices(Kernel& kernel, int cgroup_fd, const std::vector<DeviceChange>& changes) {
  LXCX_TRY(former, device_changes(kernel, cgroup_fd));
  LXCX_TRY(all, parse_changes(former));
  all.insert(all.end(), changes.begin(), changes.end());
  return enforce(kernel, cgroup_fd, std::move(all), former);
}

Result<void> change_live_device(Kernel& kernel, int cgroup_fd, const DeviceChange& change) {
  LXCX_TRY(former, device_changes(kernel, cgroup_fd));
  LXCX_TRY(all, parse_changes(former));
  return enforce(kernel, cgroup_fd, with_live_change(std::move(all), change), former);
}

}  // namespace lxcx::core
