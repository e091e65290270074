// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "lxcx/result.hpp"

namespace lxcx::busybox {

/// The program interpreter (ld.so) that an ELF executable asks for; empty: it is static. Errors: config when it is no ELF executable of
/// this machine's byte order, or damaged.
Result<std::string> interpreter_of(int file);

}  // namespace lxcx::busybox
