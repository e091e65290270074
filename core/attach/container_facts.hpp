// SPDX-License-Identifier: Apache-2.0
// What attach learns about a container from its init, by the host's procfs.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/attach/attach.hpp"

namespace lxcx::core {

/// One line of /proc/PID/uid_map, seen from here.
struct IdRange {
  std::uint32_t inside = 0, outside = 0, count = 0;
};
std::vector<IdRange> parse_id_map(std::string_view text);
std::optional<std::uint32_t> to_host_id(const std::vector<IdRange>& map, std::uint32_t inside);

struct ContainerNamespace {
  Namespace kind = Namespace::user;
  UniqueFd fd;
};

struct ContainerFacts {
  UniqueFd proc;                               ///< the host's procfs
  UniqueFd init_dir;                           ///< /proc/PID of init: stale, not another's, once init is gone
  UniqueFd root;                               ///< init's root directory
  std::vector<ContainerNamespace> namespaces;  ///< those to enter: of the container, asked for, and other than ours
  std::vector<IdRange> uid_map, gid_map;       ///< of init's user namespace; an identity map when that is ours
  std::uint64_t bounding = 0;                  ///< init's capability bounding set

  bool enters(Namespace kind) const;
};

/// Errors: not_running when init is gone, or its pid is another process by now.
Result<ContainerFacts> learn_container(Kernel& kernel, const EnterTarget& target, const EnterOptions& options);

/// What /proc/PID/status says on a line such as "CapBnd:", as a number of base 16.
std::optional<std::uint64_t> status_mask(std::string_view status, std::string_view field);

}  // namespace lxcx::core
