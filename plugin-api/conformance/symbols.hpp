// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::conformance {

/// The names that a shared object defines for others, read from its dynamic symbol table. Nothing is loaded. Errors: plugin.
Result<std::vector<std::string>> exported_symbols(const std::string& library);

}  // namespace lxcx::conformance
