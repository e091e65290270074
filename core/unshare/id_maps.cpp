// SPDX-License-Identifier: Apache-2.0
#include "core/unshare/id_maps.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace lxcx::core {
namespace {

std::optional<std::uint32_t> parse_id(std::string_view text) {
  const Result<std::int64_t> number = parse_integer(text);
  if (!number || *number < 0 || *number >= UINT32_MAX) return std::nullopt;  // 2^32-1 is no id (user_namespaces(7))
  return static_cast<std::uint32_t>(*number);
}

Failure bad_mapping(std::string_view text, const std::string& why) {
  return fail(Code::usage, "'" + std::string(text) + "' is no id mapping: " + why,
              "write u, g or b (both), and the first id inside, the first here, and how many: b:0:100000:65536");
}

}  // namespace

Result<std::vector<IdMapping>> parse_id_mapping(std::string_view text) {
  const std::vector<std::string> parts = split(text, ':', true);
  if (parts.size() != 4) return bad_mapping(text, "it has " + std::to_string(parts.size()) + " parts instead of 4");
  if (parts[0] != "u" && parts[0] != "g" && parts[0] != "b") return bad_mapping(text, "it begins with none of u, g and b");
  const auto inside = parse_id(parts[1]), outside = parse_id(parts[2]), count = parse_id(parts[3]);
  if (!inside || !outside || !count || *count == 0) return bad_mapping(text, "not all three are numbers of ids");
  if (*count > UINT32_MAX - *inside || *count > UINT32_MAX - *outside) return bad_mapping(text, "it goes beyond the last id");
  std::vector<IdMapping> maps;
  if (parts[0] != "g") maps.push_back({false, *inside, *outside, *count});
  if (parts[0] != "u") maps.push_back({true, *inside, *outside, *count});
  return maps;
}

std::vector<SubordinateIds> subordinate_ids(std::string_view text, std::string_view name, std::uint32_t uid) {
  std::vector<SubordinateIds> found;
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> fields = split(line, ':', true);
    if (fields.size() != 3 || (fields[0] != name && fields[0] != std::to_string(uid))) continue;
    const auto first = parse_id(fields[1]), count = parse_id(trim(fields[2]));
    if (first && count && *count > 0) found.push_back({*first, *count});
  }
  return found;
}

void map_own_id(std::vector<IdMapping>& maps, bool is_group, std::uint32_t own) {
  std::uint32_t next = 0;
  for (const IdMapping& map : maps)
    if (map.is_group == is_group) next = std::max(next, map.inside + map.count);
  maps.push_back({is_group, next, own, 1});
}

std::string map_text(const std::vector<IdMapping>& maps, bool is_group) {
  std::string text;
  for (const IdMapping& map : maps)
    if (map.is_group == is_group) text += std::to_string(map.inside) + " " + std::to_string(map.outside) + " " + std::to_string(map.count) + "\n";
  return text;
}

}  // namespace lxcx::core
