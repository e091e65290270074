// SPDX-License-Identifier: Apache-2.0
// A seccomp policy file as data. The format is LXC's, versions 1 and 2 (README.md has the grammar).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::seccomp {

/// What happens to a system call. `error` counts for `error` alone: the errno the caller sees, 0 to 4095 (MAX_ERRNO). `notify`: a program outside
/// decides (seccomp_unotify(2)).
struct Action {
  enum class Type {
    kill,
    trap,
    allow,
    error,
    notify
  } type = Type::kill;
  std::uint16_t error = 0;
  bool operator==(const Action&) const = default;
};
std::string describe(const Action& action);  ///< as the policy writes it: "errno 1"

/// One comparison of a rule; all of a rule's must hold. `mask` counts for masked_eq alone.
struct Argument {
  enum class Compare {
    ne,
    lt,
    le,
    eq,
    ge,
    gt,
    masked_eq
  } compare = Compare::eq;
  unsigned index = 0;  ///< 0 to 5
  std::uint64_t value = 0, mask = 0;
};

/// An architecture section. `all` is the machine's own and each that its kernel runs besides.
enum class Section {
  all,
  x86,
  x32,
  x86_64,
  arm,
  arm64,
  ppc,
  ppc64,
  ppc64le,
  mips,
  mips64,
  mips64n32,
  mipsel,
  mipsel64,
  mipsel64n32,
  s390,
  s390x,
  riscv64,
  loongarch64
};

struct Rule {
  std::string syscall;  ///< its name; version 1 has `number` instead
  int number = -1;
  Action action;
  std::vector<Argument> arguments;
  Section section = Section::all;
  bool rejects_forced_umount = false;  ///< came from `reject_force_umount`
  unsigned line = 0, column = 0;
};

struct Policy {
  std::string file;
  int version = 2;
  Action default_action;
  std::vector<Rule> rules;

  Location place(const Rule& rule) const { return {file, rule.line, rule.column}; }
};

/// Text -> Policy. `file` is for messages. Errors: config, with file:line:column.
Result<Policy> parse_policy(std::string_view text, const std::string& file);

}  // namespace lxcx::seccomp
