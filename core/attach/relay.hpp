// SPDX-License-Identifier: Apache-2.0
// Moves bytes between the caller's streams and the command's until the command ends.
#pragma once
#include <string>
#include <vector>

#include "core/kernel/kernel.hpp"
#include "core/kernel/signals.hpp"

namespace lxcx::core {

/// One direction. Nothing is read before what was read last is written: a slow side holds the other one up and loses nothing.
struct Channel {
  int from = -1, to = -1;
  int copy_to = -1;                  ///< the pty log; -1: none
  bool ends_with_eof = false;        ///< a terminal's end of input is a byte, not a closed fd: Ctrl-D
  UniqueFd* close_at_end = nullptr;  ///< a pipe's write end, closed with its source
  bool is_output = false;            ///< drained once the command has ended
  std::string pending;
  bool is_open = true;
};

struct RelayRequest {
  std::vector<Channel> channels;
  int command_pidfd = -1;
  int size_from = -1, size_to = -1;  ///< SIGWINCH copies the window size; -1: no terminal
};

/// Returns when the command has ended and its output is through. Signals read from `signals` go to the command, SIGWINCH aside.
Result<void> relay(Kernel& kernel, RelayRequest request, const BlockedSignals& signals);

/// Copies the window size of one terminal to another; nothing when one is none.
void copy_window_size(Kernel& kernel, int from, int to);

}  // namespace lxcx::core
