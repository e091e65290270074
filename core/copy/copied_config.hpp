// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "core/config/relocate.hpp"
#include "core/copy/copy.hpp"

namespace lxcx::core {

/// What becomes of a configuration, before the volume is made.
struct CopiedConfig {
  std::string text;                   ///< without the new root file system
  Relocation relocation;
  std::vector<std::string> files;     ///< to copy beside it, relative to the container's directory
  std::string fstab;                  ///< of these, the one whose entries move too; empty: none
  std::vector<std::string> warnings;  ///< formatted
};

/// Reads the origin's configuration, and what lies beside it; `config` is what it says. Errors: config when it, or what would become of it, has errors.
Result<CopiedConfig> copied_config(Host& host, const ContainerPaths& from, const ContainerPaths& to, const ContainerConfig& config,
                                   const CopyRequest& request);

/// The text with the new root file system, checked as a whole.
Result<std::string> with_rootfs(Host& host, const CopiedConfig& copied, const ContainerPaths& to, const std::string& rootfs);

}  // namespace lxcx::core
