// SPDX-License-Identifier: Apache-2.0
#include "core/cgroup/device_rules.hpp"

#include <linux/bpf.h>

#include <algorithm>

#include "core/base/text.hpp"

namespace lxcx::core {
namespace {

Failure bad_rule(std::string_view text, const char* why) {
  return fail(Code::config, "device rule '" + std::string(text) + "': " + why, "write it as 'c 1:3 rwm', 'b 8:* r' or 'a'");
}

/// "*" or a number; nothing when it is neither. The kernel's own limit is 32 bits of text parsed with kstrtou32.
bool parse_number(std::string_view text, std::optional<std::uint32_t>& number) {
  if (text == "*") return true;
  const auto value = parse_integer(text);
  if (!value || *value < 0 || *value > UINT32_MAX) return false;
  number = static_cast<std::uint32_t>(*value);
  return true;
}

bool parse_access(std::string_view text, DeviceRule& rule) {
  for (const char letter : text) {
    if (letter == 'r')
      rule.read = true;
    else if (letter == 'w')
      rule.write = true;
    else if (letter == 'm')
      rule.mknod = true;
    else
      return false;
  }
  return !text.empty();
}

std::int32_t access_bits(const DeviceRule& rule) {
  return (rule.mknod ? BPF_DEVCG_ACC_MKNOD : 0) | (rule.read ? BPF_DEVCG_ACC_READ : 0) | (rule.write ? BPF_DEVCG_ACC_WRITE : 0);
}

void add_exception(std::vector<DeviceRule>& exceptions, const DeviceRule& rule) {
  for (DeviceRule& present : exceptions) {
    if (!present.same_device(rule)) continue;
    present.read |= rule.read;
    present.write |= rule.write;
    present.mknod |= rule.mknod;
    return;
  }
  exceptions.push_back(rule);
}

void remove_exception(std::vector<DeviceRule>& exceptions, const DeviceRule& rule) {
  for (DeviceRule& present : exceptions) {
    if (!present.same_device(rule)) continue;
    present.read &= !rule.read;
    present.write &= !rule.write;
    present.mknod &= !rule.mknod;
  }
  std::erase_if(exceptions, [](const DeviceRule& present) { return access_bits(present) == 0; });
}

// bpf_cgroup_dev_ctx, loaded once: r2 type, r3 access, r4 major, r5 minor; r1 is scratch afterwards.
// In eBPF the class BPF_ALU is the 32-bit one.
constexpr std::uint8_t type_register = BPF_REG_2, access_register = BPF_REG_3, major_register = BPF_REG_4, minor_register = BPF_REG_5;

constexpr bpf_insn instruction(int code, std::uint8_t to, std::uint8_t from, std::int16_t offset, std::int32_t value) {
  return bpf_insn{static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(to & 0xF), static_cast<std::uint8_t>(from & 0xF), offset, value};
}
constexpr bpf_insn load_word(std::uint8_t to, std::size_t offset) {
  return instruction(BPF_LDX | BPF_W | BPF_MEM, to, BPF_REG_1, static_cast<std::int16_t>(offset), 0);
}
constexpr bpf_insn set(std::uint8_t to, std::int32_t value) { return instruction(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value); }
constexpr bpf_insn leave() { return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

/// The tests of one exception; each jumps past its end when the request is another. The distances are filled in at the end.
std::vector<bpf_insn> compile_exception(const DeviceRule& rule, bool allows) {
  std::vector<bpf_insn> code;
  const auto unless_equal = [&](std::uint8_t reg, std::uint32_t value) {
    // 32-bit compare: a 64-bit one would sign-extend its immediate.
    code.push_back(instruction(BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, 0, static_cast<std::int32_t>(value)));
  };
  unless_equal(type_register, rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
  if (rule.major) unless_equal(major_register, *rule.major);
  if (rule.minor) unless_equal(minor_register, *rule.minor);
  code.push_back(instruction(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_1, access_register, 0, 0));
  code.push_back(instruction(BPF_ALU | BPF_AND | BPF_K, BPF_REG_1, 0, 0, access_bits(rule)));
  code.push_back(allows ? instruction(BPF_JMP32 | BPF_JNE | BPF_X, BPF_REG_1, access_register, 0, 0)  // not all of it is allowed
                        : instruction(BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_1, 0, 0, 0));              // none of it is denied
  code.push_back(set(BPF_REG_0, allows ? 1 : 0));
  code.push_back(leave());
  for (std::size_t at = 0; at < code.size(); ++at) {
    const bool jumps = BPF_CLASS(code[at].code) == BPF_JMP32;
    if (jumps) code[at].off = static_cast<std::int16_t>(code.size() - at - 1);
  }
  return code;
}

}  // namespace

Result<DeviceRule> parse_device_rule(std::string_view text) {
  const std::vector<std::string> words = split_blanks(trim(text));
  if (words.empty()) return bad_rule(text, "it is empty");
  DeviceRule rule;
  if (words[0] == "a") {
    rule.all = true;
    return rule;
  }
  if (words[0] != "b" && words[0] != "c") return bad_rule(text, "the type must be a, b or c");
  if (words.size() != 3) return bad_rule(text, "it must have a type, MAJOR:MINOR and an access");
  rule.type = words[0][0];
  const std::size_t colon = words[1].find(':');
  if (colon == std::string::npos) return bad_rule(text, "the device must be MAJOR:MINOR");
  const std::string_view numbers = words[1];
  if (!parse_number(numbers.substr(0, colon), rule.major)) return bad_rule(text, "the major number is no number and not '*'");
  if (!parse_number(numbers.substr(colon + 1), rule.minor)) return bad_rule(text, "the minor number is no number and not '*'");
  if (!parse_access(words[2], rule)) return bad_rule(text, "the access must be made of r, w and m");
  return rule;
}

std::string print_device_rule(const DeviceRule& rule) {
  if (rule.all) return "a";
  const auto number = [](const std::optional<std::uint32_t>& n) { return n ? std::to_string(*n) : std::string("*"); };
  return std::string(1, rule.type) + " " + number(rule.major) + ":" + number(rule.minor) + " " + (rule.read ? "r" : "") + (rule.write ? "w" : "") +
         (rule.mknod ? "m" : "");
}

DevicePolicy device_policy(const std::vector<DeviceChange>& changes) {
  DevicePolicy policy;
  policy.allow_by_default = std::none_of(changes.begin(), changes.end(), [](const DeviceChange& change) { return change.allow; });
  for (const DeviceChange& change : changes) {
    if (change.rule.all)
      policy = {change.allow, {}};
    else if (change.allow != policy.allow_by_default)
      add_exception(policy.exceptions, change.rule);
    else
      remove_exception(policy.exceptions, change.rule);
  }
  return policy;
}

std::vector<DeviceChange> with_live_change(std::vector<DeviceChange> changes, const DeviceChange& change) {
  const bool is_settled = std::any_of(changes.begin(), changes.end(), [](const DeviceChange& one) { return one.rule.all; });
  if (!is_settled && device_policy(changes).allow_by_default) changes.insert(changes.begin(), {true, {.all = true}});
  changes.push_back(change);
  return changes;
}

std::vector<bpf_insn> compile_device_policy(const DevicePolicy& policy) {
  std::vector<bpf_insn> code{
      load_word(type_register, offsetof(bpf_cgroup_dev_ctx, access_type)),
      instruction(BPF_ALU | BPF_MOV | BPF_X, access_register, type_register, 0, 0),
      instruction(BPF_ALU | BPF_AND | BPF_K, type_register, 0, 0, 0xFFFF),  // <linux/bpf.h>: access_type is (access << 16) | type
      instruction(BPF_ALU | BPF_RSH | BPF_K, access_register, 0, 0, 16),
      load_word(major_register, offsetof(bpf_cgroup_dev_ctx, major)),
      load_word(minor_register, offsetof(bpf_cgroup_dev_ctx, minor)),
  };
  for (const DeviceRule& rule : policy.exceptions) {
    const std::vector<bpf_insn> part = compile_exception(rule, !policy.allow_by_default);
    code.insert(code.end(), part.begin(), part.end());
  }
  code.push_back(set(BPF_REG_0, policy.allow_by_default ? 1 : 0));
  code.push_back(leave());
  return code;
}

}  // namespace lxcx::core
