// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/copy/copy.hpp"
#include "core/create/in_volume.hpp"

namespace lxcx::core {

/// In the new volume: the clone hooks run, then /etc/hostname, where there is one, gets the new name. `config` is the new container's.
/// Errors: hook.
Result<void> give_identity(Host& host, const ContainerPaths& to, const ContainerConfig& config, const std::string& old_name,
                           const CopyRequest& request);

}  // namespace lxcx::core
