// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// Root, or an ordinary user in a user namespace of his own (core/unshare/own_namespace.hpp).
bool is_privileged(Kernel& kernel);

}  // namespace lxcx::core
