// SPDX-License-Identifier: Apache-2.0
// A security plugin as its author, and as core, sees it.
#pragma once
#include "lxcx/call.hpp"

namespace lxcx {

struct Confinement {
  std::string_view container;
  std::string_view directory;
  std::span<const IdMap> idmap;
};

/// Turns settings into actions that lxcx carries out itself, in init and in every attached process. No plugin code ever runs inside the
/// container's view (CVE-2019-14271). The actions are listed at lxcx_security_ops::compile in abi.h.
class Security {
 public:
  virtual ~Security() = default;
  virtual Result<void> validate(Call&, const Confinement&) = 0;
  virtual Result<void> compile(Call&, const Confinement&) = 0;
};

/// Capability: has something loaded in the kernel that outlives compile.
class Unloads {
 public:
  virtual ~Unloads() = default;
  virtual Result<void> unload(Call&, const Confinement&) = 0;
};

}  // namespace lxcx
