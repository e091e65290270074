// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>

#include "core/cgroup/cgroups.hpp"
#include "core/container/host.hpp"

namespace lxcx::core {

/// The groups of several containers, which mostly are in one place: each place is opened once.
class CgroupsByBase {
 public:
  explicit CgroupsByBase(Host& host) : host_(host) {}
  Result<const Cgroups*> of(const std::string& base) {
    if (const auto known = opened_.find(base); known != opened_.end()) return &known->second;
    LXCX_TRY(cgroups, Cgroups::open(host_.kernel, host_.log, base));
    return &opened_.emplace(base, std::move(cgroups)).first->second;
  }

 private:
  Host& host_;
  std::map<std::string, Cgroups> opened_;
};

}  // namespace lxcx::core
