// SPDX-License-Identifier: Apache-2.0
// Which ids of a user namespace are which of ours. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/abi.h"
#include "lxcx/result.hpp"

namespace lxcx::core {

struct IdMapping {
  bool is_group = false;
  std::uint32_t inside = 0, outside = 0, count = 0;
  bool operator==(const IdMapping&) const = default;
};

/// "u:0:100000:65536", of users; "g:…", of groups; "b:…", of both. Errors: usage.
Result<std::vector<IdMapping>> parse_id_mapping(std::string_view text);

struct SubordinateIds {
  std::uint32_t first = 0, count = 0;
};
/// The entries of a user in the text of subuid(5) or subgid(5), by name or number; lines that are no entry are skipped.
std::vector<SubordinateIds> subordinate_ids(std::string_view text, std::string_view name, std::uint32_t uid);

/// Adds the caller's own id at the first number inside behind all others.
void map_own_id(std::vector<IdMapping>& maps, bool is_group, std::uint32_t own);

/// What /proc/PID/uid_map (or gid_map) takes.
std::string map_text(const std::vector<IdMapping>& maps, bool is_group);

}  // namespace lxcx::core
