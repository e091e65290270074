// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/base/unique_fd.hpp"
#include "core/kernel/kernel.hpp"
#include "lxcx/result.hpp"

namespace lxcx::core {

/// The log with its directory, where the monitor rotates it.
struct ConsoleLogFile {
  UniqueFd directory, file;
  std::string name;
};
Result<ConsoleLogFile> open_console_log(Kernel& kernel, const std::string& path);

}  // namespace lxcx::core
