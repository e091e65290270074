// SPDX-License-Identifier: Apache-2.0
// What a cgroup file of the one version is called in the other. Pure.
#pragma once
#include <string>
#include <string_view>

namespace lxcx::core {

/// "memory.limit_in_bytes" -> "memory.max"; empty: v2 has nothing of the kind, or the name is no v1 file.
std::string v2_counterpart(std::string_view v1_file);

/// "memory.max" -> "memory.limit_in_bytes"; where v2 joined several files in one, all of them: "cpu.cfs_quota_us, cpu.cfs_period_us".
std::string v1_counterpart(std::string_view v2_file);

}  // namespace lxcx::core
