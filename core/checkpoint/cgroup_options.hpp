// SPDX-License-Identifier: Apache-2.0
// criu mounts the cgroup2 file system for itself, without options, and so takes those of the machine's own mount away: there is one set for all
// (cgroups(7), "nsdelegate", which keeps delegated groups from raising their own limits).
#pragma once
#include <string>

#include "core/base/log.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// Remembers the options as it is made, and sets them again when it ends. What cannot be set is warned of.
class CgroupOptions {
 public:
  CgroupOptions(Kernel& kernel, Log& log);
  CgroupOptions(const CgroupOptions&) = delete;
  CgroupOptions& operator=(const CgroupOptions&) = delete;
  ~CgroupOptions();

 private:
  Kernel& kernel_;
  Log& log_;
  std::string mount_point_, options_;  ///< empty: no cgroup2 here
};

}  // namespace lxcx::core
