// SPDX-License-Identifier: Apache-2.0
// A map of ids from a command line, and the text of subuid(5): what is taken is what the kernel could take, and is written as it was read.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/unshare/id_maps.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lxcx::core;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  if (const auto maps = parse_id_mapping(text)) {
    require(!maps->empty() && maps->size() <= 2);
    for (const IdMapping& map : *maps) {
      constexpr std::uint64_t end = std::uint64_t{1} << 32;
      require(map.count > 0 && std::uint64_t{map.inside} + map.count <= end && std::uint64_t{map.outside} + map.count <= end);
      const std::string again =
          std::string(map.is_group ? "g:" : "u:") + std::to_string(map.inside) + ":" + std::to_string(map.outside) + ":" + std::to_string(map.count);
      const auto reread = parse_id_mapping(again);
      require(reread && reread->size() == 1 && reread->front() == map);
    }
    std::vector<IdMapping> with_own = *maps;
    map_own_id(with_own, false, 1000);
    require(map_text(with_own, false).ends_with('\n'));
  }
  for (const auto& ids : subordinate_ids(text, "user", 1000)) require(ids.count > 0);
  return 0;
}
