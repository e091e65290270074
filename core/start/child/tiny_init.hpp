// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/start/child/steps.hpp"

namespace lxcx::core {

/// execvp(3) with an explicit environment and search path; returns only to fail.
Result<void> exec_program(Kernel& kernel, char* const argv[], char* const envp[], const std::string& path);

/// `lxcx execute`: forks the command, which runs in a session of its own, and becomes lxcx-init. Returns only to fail, on either side.
Result<void> run_tiny_init(ChildContext& context, char* const argv[], char* const envp[], const std::string& path);

}  // namespace lxcx::core
