// SPDX-License-Identifier: Apache-2.0
// What a container has used, by its control group: in v1 and v2 the same.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/cgroup/cgroups.hpp"
#include "core/container/host.hpp"

namespace lxcx::core {

/// What no counter says is empty, not 0.
struct Usage {
  std::optional<std::uint64_t> cpu_ns, cpu_user_ns, cpu_system_ns;
  std::optional<std::uint64_t> block_bytes, block_read_bytes, block_write_bytes, block_operations;
  std::optional<std::uint64_t> memory_bytes, memory_and_swap_bytes, kernel_memory_bytes;
};

Usage read_usage(const Cgroups& cgroups, const std::string& group);

struct ContainerUsage {
  std::string name;
  Usage usage;
};
/// Of all that run under lxcx, sorted by name.
Result<std::vector<ContainerUsage>> running_usage(Host& host, const std::string& lxcpath);

}  // namespace lxcx::core
