// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "core/base/log.hpp"
#include "core/config/parse.hpp"
#include "core/config/system_config.hpp"
#include "core/container/install_layout.hpp"
#include "core/container/name.hpp"
#include "core/kernel/kernel.hpp"
#include "core/plugin/plugins.hpp"

namespace lxcx::core {

/// --storage, --net, --template, --security, --hook: plugin names forced for one run; empty: as the configuration says.
struct PluginSelection {
  std::string storage, network, template_, security, hook;
};

/// What every verb works with: passed by reference, never global.
struct Host {
  Kernel& kernel;
  Log& log;
  Plugins& plugins;
  InstallLayout layout;
  RuntimeRoot root;
  PluginSelection selection;
  ConfigSource source;
  /// Global options that the process tearing a container down is given again (log file, plugin directories, lxcpath).
  std::vector<std::string> teardown_options;
  SystemConfig system;  ///< lxc.conf
};

}  // namespace lxcx::core
