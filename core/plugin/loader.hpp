// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/kernel/kernel.hpp"
#include "lxcx/abi.h"

namespace lxcx::core {

/// Loads the library behind `file` (RTLD_NOW | RTLD_LOCAL), through that very fd, and finds its descriptor. `path` is for messages.
/// Never unloaded: a library's thread-local destructors and its copies of static objects outlive any moment at which that could be safe.
/// Nothing of the plugin runs before its ELF header has been checked; then its constructors do.
/// Errors: plugin, with the dynamic linker's own words.
Result<const lxcx_plugin_descriptor*> load_library(Kernel& kernel, UniqueFd file, const std::string& path);

}  // namespace lxcx::core
