// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "core/config/relocate.hpp"
#include "core/copy/copy.hpp"

namespace lxcx::core {

/// Of a file beside a configuration.
constexpr std::size_t largest_copied_file = std::size_t{64} << 20;

/// What becomes of a configuration, before the volume is made.
struct CopiedConfig {
  std::string text;                   ///< without the new root file system
  Relocation relocation;
  std::vector<std::string> files;     ///< to copy beside it, relative to the container's directory
  std::string fstab;                  ///< of these, the one whose entries move too; empty: none
  std::vector<std::string> warnings;  ///< formatted
};

/// The origin's configuration, read once: what is acted upon is what was checked.
struct Origin {
  ContainerPaths paths;
  ConfigSource source;  ///< of its own files those that may be trusted
  std::string text;
  ContainerConfig config;
};
/// Errors: config; denied when it is another user's.
Result<Origin> read_origin(Host& host, const ContainerPaths& paths);

/// Looks at what lies beside the configuration. Errors: config when what would become of it has errors; unsupported for a file that is too large.
Result<CopiedConfig> copied_config(Host& host, const Origin& origin, const ContainerPaths& to, const CopyRequest& request);

/// The text with the new root file system, checked as a whole.
Result<std::string> with_rootfs(const Origin& origin, const CopiedConfig& copied, const ContainerPaths& to, const std::string& rootfs);

}  // namespace lxcx::core
