// SPDX-License-Identifier: Apache-2.0
// A container's id map, as arithmetic (user_namespaces(7)).
#pragma once
#include <sys/types.h>
#include <unistd.h>

#include <optional>
#include <span>

#include "lxcx/call.hpp"

namespace lxcx::storage {

/// By default whoever makes it: root, or an ordinary user.
struct Owner {
  uid_t uid = ::geteuid();
  gid_t gid = ::getegid();
};

/// The host's id for a container's; kind is 'u' or 'g'. Nothing when the map does not hold it; the id itself when there is no map at all.
std::optional<std::uint32_t> to_host(std::span<const IdMap> map, char kind, std::uint32_t container_id);

/// Who the container's root is on the host; 0:0 without a map. Errors: config when the map holds no id 0.
Result<Owner> container_root(std::span<const IdMap> map);

/// True when both translate every id alike, line by line.
bool same_idmap(std::span<const IdMap> a, std::span<const IdMap> b);

}  // namespace lxcx::storage
