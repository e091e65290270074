// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "core/attach/attach.hpp"

namespace lxcx::core {

/// The command's environment: the caller's (or what of it is kept), container=lxc, the configuration's, then what was set for this command;
/// a later value replaces an earlier one. `caller` is null-terminated. Errors: usage for a --set-var without a name.
Result<std::vector<std::string>> command_environment(const EnterOptions& options, const ContainerConfig& config, char* const* caller);

}  // namespace lxcx::core
