// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/kernel/kernel.hpp"

namespace lxcx::host {

/// All of lxcx but main(), which passes the machine's kernel; tests pass one that fails. Returns the exit status.
int run_host(core::Kernel& kernel, int argc, char** argv);

}  // namespace lxcx::host
