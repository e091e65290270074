// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/container/host.hpp"

namespace lxcx::core {

/// From here on the host's log goes also where the container's configuration says: lxc.log.file, .level, .syslog. Errors: the file cannot be opened.
Result<void> follow_log(Host& host, const ContainerPaths& paths, const ContainerConfig& config);

/// The same for what must be done with or without a log (stop, teardown, destroy): a file that cannot be opened is warned of.
void follow_log_if_possible(Host& host, const ContainerPaths& paths, const ContainerConfig& config);

}  // namespace lxcx::core
