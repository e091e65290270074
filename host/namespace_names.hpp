// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/runtime.hpp"

namespace lxcx::host {

/// --namespaces: "MOUNT|PID", by LXC's names or by those of /proc, as namespace_bit()s. Errors: usage.
Result<unsigned> parse_namespaces(const std::string& text);

}  // namespace lxcx::host
