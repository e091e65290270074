// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/plugin/trust.hpp"

namespace lxcx::core {

/// Loads a library in a process of its own, so that a constructor that crashes is a message, and says all that the loader would say of it,
/// and of the manifest that belongs to it: lib/lxcx/plugins.d/STEM.json for lib/lxcx/plugins/STEM.so, else STEM.json beside it. Returns a
/// few lines for the user.
Result<std::string> check_library(Kernel& kernel, const Trust& trust, const std::string& path);

}  // namespace lxcx::core
