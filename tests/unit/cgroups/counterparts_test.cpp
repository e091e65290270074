// SPDX-License-Identifier: Apache-2.0
#include "core/cgroup/counterparts.hpp"

#include <catch2/catch.hpp>

using namespace lxcx::core;

TEST_CASE("a v1 file has its name in v2, and the reverse", "[cgroup]") {
  CHECK(v2_counterpart("memory.limit_in_bytes") == "memory.max");
  CHECK(v1_counterpart("memory.max") == "memory.limit_in_bytes");
  CHECK(v2_counterpart("cpu.cfs_quota_us") == "cpu.max");
  CHECK(v1_counterpart("cpu.max") == "cpu.cfs_quota_us, cpu.cfs_period_us");
  CHECK(v2_counterpart("hugetlb.2MB.limit_in_bytes") == "hugetlb.2MB.max");
  CHECK(v1_counterpart("hugetlb.1GB.current") == "hugetlb.1GB.usage_in_bytes");
}

TEST_CASE("what has no counterpart, or is no cgroup file, gives none", "[cgroup]") {
  for (const char* name : {"", ".", "memory.swappiness", "pids.max", "hugetlb.", "memory.max.", "x.limit_in_bytes"}) {
    CHECK(v2_counterpart(name).empty());
    CHECK(v1_counterpart(name).empty());
  }
}
