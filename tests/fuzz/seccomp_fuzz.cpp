// SPDX-License-Identifier: Apache-2.0
// Any bytes as a seccomp policy: it is understood, or refused with a place inside the text. Nothing is silently dropped.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "plugins/security-seccomp/policy.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_rule(const lxcx::seccomp::Rule& rule, unsigned lines) {
  require(rule.line >= 3 && rule.line <= lines && rule.column >= 1);
  require(rule.syscall.empty() == (rule.number >= 0));
  require(rule.action.error <= 4095 && rule.arguments.size() <= 6);
  for (const lxcx::seccomp::Argument& argument : rule.arguments) require(argument.index <= 5);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<unsigned>(std::ranges::count(text, '\n')) + 1;
  const lxcx::Result<lxcx::seccomp::Policy> policy = lxcx::seccomp::parse_policy(text, "p");
  if (policy) {
    require(policy->version == 1 || policy->version == 2);
    for (const lxcx::seccomp::Rule& rule : policy->rules) check_rule(rule, lines);
  } else {
    const lxcx::Error& error = policy.error();
    require(!error.message.empty() && error.where && error.where->line >= 1 && error.where->line <= lines + 1 && error.where->column >= 1);
  }
  return 0;
}
