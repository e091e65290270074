// SPDX-License-Identifier: Apache-2.0
// The log of a forked child.
#pragma once
#include "core/base/log.hpp"
#include "core/start/sync.hpp"

namespace lxcx::core {

/// Sends lines over a socket to the parent, which owns the log: after the fork or clone nothing in the child opens or locks one.
class FrameLog final : public Log {
 public:
  FrameLog(Kernel& kernel, int fd, const Log& parent) : kernel_(kernel), fd_(fd), parent_(parent) {}
  void write(Level level, std::string_view text) override {
    if (!wants(level)) return;
    (void)send_frame(kernel_, fd_, Frame::log, std::string(1, static_cast<char>('0' + static_cast<int>(level))) + std::string(text));
  }
  bool wants(Level level) const override { return parent_.wants(level); }

 private:
  Kernel& kernel_;
  int fd_;
  const Log& parent_;
};

}  // namespace lxcx::core
