// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/container/host.hpp"

namespace lxcx::core {

/// Where the log goes that nobody has named: as LXC does, /var/log/lxc/NAME.log with the system's lxcpath, else NAME.log beside the configuration.
std::string default_log_file(const ContainerPaths& paths);

/// From here on the host's log goes also where the container's configuration says: lxc.log.file, .level, .syslog; else
/// warnings and what is worse to the default file. Errors: the file cannot be opened.
Result<void> follow_log(Host& host, const ContainerPaths& paths, const ContainerConfig& config);

/// The same for what must be done with or without a log (stop, teardown, destroy): a file that cannot be opened is warned of.
void follow_log_if_possible(Host& host, const ContainerPaths& paths, const ContainerConfig& config);

}  // namespace lxcx::core
