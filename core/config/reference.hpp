// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace lxcx::core {

/// docs/configuration.md: the file format, and every key of the table.
std::string configuration_reference();

}  // namespace lxcx::core
