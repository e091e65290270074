// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/start/child/steps.hpp"

namespace lxcx::core {

/// execvp(3) with an explicit environment and search path; returns only to fail.
Result<void> exec_program(Kernel& kernel, char* const argv[], char* const envp[], const std::string& path);

/// `lxcx execute`: this process stays as a small init that runs the command in a session of its own, forwards signals to it, reaps everything,
/// and ends with the command's status. Returns only when the command cannot be run.
Result<void> run_tiny_init(ChildContext& context, char* const argv[], char* const envp[], const std::string& path);

}  // namespace lxcx::core
