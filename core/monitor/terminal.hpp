// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/ioctl.h>

#include <memory>
#include <optional>

#include "core/kernel/kernel.hpp"
#include "lxcx/result.hpp"

namespace lxcx::core {

/// A terminal in raw mode for as long as this lives: every key reaches the other side. Of something else than a terminal: nothing.
class RawTerminal {
 public:
  RawTerminal(Kernel& kernel, int fd);
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  /// Why a terminal is not raw, so that no single key of it arrives. Nothing is wrong with something else than a terminal.
  const Result<void>& taken() const { return taken_; }
  /// Makes the terminal what it was, as the end of this does without a word.
  Result<void> give_back();

 private:
  struct Saved;
  Kernel& kernel_;
  int fd_;
  std::unique_ptr<Saved> saved_;
  Result<void> taken_;
};

/// Empty when fd is no terminal.
std::optional<winsize> window_size(Kernel& kernel, int fd);

}  // namespace lxcx::core
