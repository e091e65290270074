// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <functional>

#include "lxcx/result.hpp"

namespace lxcx::core {

/// Repeats `probe`, which runs a command in the container, until that gives 0. For a process of its own: it takes SIGALRM and SIGTERM, the second of
/// which ends a command that hangs. Errors: timeout; not_running, when the container has ended meanwhile.
Result<void> await_ready(std::chrono::seconds timeout, const std::function<Result<int>()>& probe);

}  // namespace lxcx::core
