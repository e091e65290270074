// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// Runs `act` in a forked child, after it has joined a namespace; an error comes back whole. Whoever calls stays where it is.
/// The child executes nothing: what it acts on are descriptors that it was given.
Result<void> in_namespace(Kernel& kernel, int namespace_fd, int type, const std::function<Result<void>()>& act);

}  // namespace lxcx::core
