// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/plugin/registry.hpp"

namespace lxcx::core {

/// Errors: not_found when no directory has such a plugin; busy when a manifest stands there or comes before; usage when `directory` is not
/// searched. Masked already is no error.
Result<void> write_plugin_mask(Kernel& kernel, const Registry& registry, Kind kind, std::string_view name, const std::string& directory);
/// Removes what write_plugin_mask wrote. Not masked at all is no error; masked by somebody else is denied.
Result<void> remove_plugin_mask(Kernel& kernel, const Registry& registry, Kind kind, std::string_view name, const std::string& directory);

}  // namespace lxcx::core
