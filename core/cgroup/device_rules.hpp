// SPDX-License-Identifier: Apache-2.0
// The rules of lxc.cgroup.devices.* and lxc.cgroup2.devices.*, and the eBPF program that enforces them on cgroup v2. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/result.hpp"

struct bpf_insn;  // <linux/bpf.h>

namespace lxcx::core {

struct DeviceRule {
  bool all = false;                           ///< "a": every device, every access; the rest does not count
  char type = 'c';                            ///< 'b' or 'c'
  std::optional<std::uint32_t> major, minor;  ///< unset: "*"
  bool read = false, write = false, mknod = false;

  bool same_device(const DeviceRule& other) const { return type == other.type && major == other.major && minor == other.minor; }
  bool operator==(const DeviceRule&) const = default;
};

/// "a", "a *:* rwm", "c 1:3 rwm", "b 8:* r". Errors: config.
Result<DeviceRule> parse_device_rule(std::string_view text);

/// What is written to v1's devices.allow and devices.deny, and kept in devices.list.
std::string print_device_rule(const DeviceRule& rule);

/// One write to devices.allow (allow) or devices.deny.
struct DeviceChange {
  bool allow = false;
  DeviceRule rule;
};

/// The outcome of a sequence of changes, by the kernel's own v1 rules (security/device_cgroup.c): a default, and exceptions to it.
struct DevicePolicy {
  bool allow_by_default = true;
  std::vector<DeviceRule> exceptions;
};

/// Where no change mentions "a", an allow rule makes a list of what is allowed (as LXC has it on v2); deny rules alone make a list of what
/// is denied (as v1 has it; LXC would not enforce them).
DevicePolicy device_policy(const std::vector<DeviceChange>& changes);

/// `changes` and one more, for a group that lives: as on v1 it starts from what may be opened now, so that an allow rule where there was none closes
/// nothing.
std::vector<DeviceChange> with_live_change(std::vector<DeviceChange> changes, const DeviceChange& change);

/// A BPF_PROG_TYPE_CGROUP_DEVICE program. As on v1, a request needs one exception that covers all of it to be allowed, and one that
/// covers any of it to be denied.
std::vector<bpf_insn> compile_device_policy(const DevicePolicy& policy);

}  // namespace lxcx::core
