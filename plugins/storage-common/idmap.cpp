// SPDX-License-Identifier: Apache-2.0
#include "storage-common/idmap.hpp"

#include <algorithm>

namespace lxcx::storage {

std::optional<std::uint32_t> to_host(std::span<const IdMap> map, char kind, std::uint32_t container_id) {
  if (map.empty()) return container_id;
  for (const IdMap& line : map)
    if (line.kind == static_cast<std::uint32_t>(kind) && container_id >= line.container_id && container_id - line.container_id < line.range)
      return line.host_id + (container_id - line.container_id);
  return std::nullopt;
}

Result<Owner> container_root(std::span<const IdMap> map) {
  const auto uid = to_host(map, 'u', 0);
  const auto gid = to_host(map, 'g', 0);
  if (!uid || !gid)
    return fail(Code::config, std::string("the id map gives the container's root no ") + (uid ? "group" : "user") + " on the host",
                "map id 0: lxc.idmap = u 0 100000 65536 and lxc.idmap = g 0 100000 65536");
  return Owner{*uid, *gid};
}

bool same_idmap(std::span<const IdMap> a, std::span<const IdMap> b) {
  return std::ranges::equal(a, b, [](const IdMap& x, const IdMap& y) {
    return x.kind == y.kind && x.container_id == y.container_id && x.host_id == y.host_id && x.range == y.range;
  });
}

}  // namespace lxcx::storage
