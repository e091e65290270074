// SPDX-License-Identifier: Apache-2.0
// Something shown again and again: on the whole screen of a terminal, with keys, or as lines.
#pragma once
#include <sys/ioctl.h>

#include <functional>
#include <string>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

struct Watch {
  int delay_ms = 3000;
  bool on_screen = false;  ///< needs a terminal at 0 and 1
  long rounds = 0;         ///< 0: until a key or a signal ends it
  /// What stands there now; of a screen, its size, else zeros.
  std::function<Result<std::string>(const winsize& size)> draw;
  /// False to leave. What it changes is drawn at once.
  std::function<bool(char)> on_key;
};

/// The terminal is as it was when this returns, however it returns; also while the process is stopped. Ended by SIGINT, SIGTERM, SIGHUP or SIGQUIT on
/// a screen; elsewhere these act as they do. Errors: unsupported when there is no terminal.
Result<void> watch(Kernel& kernel, const Watch& what);

}  // namespace lxcx::core
