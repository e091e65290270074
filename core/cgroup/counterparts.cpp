// SPDX-License-Identifier: Apache-2.0
#include "core/cgroup/counterparts.hpp"

#include <array>

namespace lxcx::core {
namespace {

struct Pair {
  std::string_view v1, v2;
};

// Documentation/admin-guide/cgroup-v1/* and cgroup-v2.rst. Names that both have (pids.max, cpuset.cpus, cgroup.procs) need no row.
constexpr std::array pairs{
    Pair{"memory.limit_in_bytes", "memory.max"},
    Pair{"memory.usage_in_bytes", "memory.current"},
    Pair{"memory.max_usage_in_bytes", "memory.peak"},
    Pair{"memory.soft_limit_in_bytes", "memory.low"},
    Pair{"memory.failcnt", "memory.events"},
    Pair{"memory.oom_control", "memory.events"},
    Pair{"memory.memsw.limit_in_bytes", "memory.swap.max"},
    Pair{"memory.memsw.usage_in_bytes", "memory.swap.current"},
    Pair{"memory.kmem.usage_in_bytes", "memory.stat"},
    Pair{"memory.pressure_level", "memory.pressure"},
    Pair{"cpu.shares", "cpu.weight"},
    Pair{"cpu.cfs_quota_us", "cpu.max"},
    Pair{"cpu.cfs_period_us", "cpu.max"},
    Pair{"cpu.cfs_burst_us", "cpu.max.burst"},
    Pair{"cpuacct.usage", "cpu.stat"},
    Pair{"cpuacct.stat", "cpu.stat"},
    Pair{"cpuset.effective_cpus", "cpuset.cpus.effective"},
    Pair{"cpuset.effective_mems", "cpuset.mems.effective"},
    Pair{"blkio.weight", "io.weight"},
    Pair{"blkio.weight_device", "io.weight"},
    Pair{"blkio.bfq.weight", "io.bfq.weight"},
    Pair{"blkio.throttle.read_bps_device", "io.max"},
    Pair{"blkio.throttle.write_bps_device", "io.max"},
    Pair{"blkio.throttle.read_iops_device", "io.max"},
    Pair{"blkio.throttle.write_iops_device", "io.max"},
    Pair{"blkio.throttle.io_service_bytes", "io.stat"},
    Pair{"blkio.throttle.io_serviced", "io.stat"},
    Pair{"freezer.state", "cgroup.freeze"},
    Pair{"tasks", "cgroup.threads"},
    Pair{"cgroup.event_control", "cgroup.events"},
};

// hugetlb.2MB.limit_in_bytes: the page size stands between.
constexpr std::array hugetlb_endings{
    Pair{".limit_in_bytes", ".max"},
    Pair{".usage_in_bytes", ".current"},
    Pair{".failcnt", ".events"},
};

std::string with_ending(std::string_view file, std::string_view ending, std::string_view other) {
  if (!file.starts_with("hugetlb.") || !file.ends_with(ending)) return {};
  return std::string(file.substr(0, file.size() - ending.size())) + std::string(other);
}

}  // namespace

std::string v2_counterpart(std::string_view v1_file) {
  for (const Pair& pair : pairs)
    if (pair.v1 == v1_file) return std::string(pair.v2);
  for (const Pair& ending : hugetlb_endings)
    if (std::string found = with_ending(v1_file, ending.v1, ending.v2); !found.empty()) return found;
  return {};
}

std::string v1_counterpart(std::string_view v2_file) {
  std::string found;
  for (const Pair& pair : pairs)
    if (pair.v2 == v2_file) found.append(found.empty() ? "" : ", ").append(pair.v1);
  if (!found.empty()) return found;
  for (const Pair& ending : hugetlb_endings)
    if (std::string one = with_ending(v2_file, ending.v2, ending.v1); !one.empty()) return one;
  return {};
}

}  // namespace lxcx::core
