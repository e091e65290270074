// SPDX-License-Identifier: Apache-2.0
// What criu cannot dump, or could not restore as it was, told by key before anything is touched.
#pragma once
#include "core/container/host.hpp"
#include "core/container/run_directory.hpp"

namespace lxcx::core {

/// Errors: unsupported, with the place in the configuration.
Result<void> refuse_undumpable(Host& host, const ContainerConfig& config, const RunState& state);

}  // namespace lxcx::core
