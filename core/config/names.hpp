// SPDX-License-Identifier: Apache-2.0
// The names that configuration, commands and reports share: capabilities, signals, resource limits, architectures.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::core {

/// capabilities(7): "sys_admin" <-> 21. `capability_number` takes lower-case names without "cap_"; nothing for an unknown one.
constexpr int capability_count = 41;
std::optional<int> capability_number(std::string_view name);
std::string_view capability_name(int number);  ///< empty for a number without a name here
std::vector<std::string_view> capability_names();

/// "SIGPWR" (in any case), "SIGRTMIN+3", "SIGRTMAX-2", or a number 0-64. Errors: usage.
Result<int> parse_signal(std::string_view text);
std::string signal_name(int number);  ///< "SIGPWR", "SIGRTMIN+3", or the number

/// "nofile" -> RLIMIT_NOFILE; nothing for an unknown one.
std::optional<int> rlimit_number(std::string_view name);
std::vector<std::string_view> rlimit_names();

/// lxc.arch -> PER_LINUX or PER_LINUX32 of personality(2); nothing for an unknown one.
std::optional<unsigned long> architecture_personality(std::string_view name);
std::vector<std::string_view> architecture_names();

}  // namespace lxcx::core
