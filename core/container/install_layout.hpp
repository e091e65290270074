// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "lxcx/result.hpp"

namespace lxcx::core {

/// Where the installed parts are, found relative to the running executable, so that the install tree can be moved.
struct InstallLayout {
  std::string executable;          ///< PREFIX/bin/lxcx
  std::string program_directory;   ///< PREFIX/libexec/lxcx: lxcx-monitor, lxcx-enter
  std::string manifest_directory;  ///< PREFIX/lib/lxcx/plugins.d
  std::string data_directory;      ///< PREFIX/share/lxcx: default.seccomp
};

/// Works in an install tree (…/bin/lxcx) and in a build tree (BUILD/bin/lxcx, the same shape).
Result<InstallLayout> find_install_layout();

}  // namespace lxcx::core
