// SPDX-License-Identifier: Apache-2.0
// Log lines that travel as frames, because the process they come from has no log, or no terminal, of its own.
#pragma once
#include <optional>

#include "core/base/log.hpp"
#include "core/start/sync.hpp"

namespace lxcx::core {

/// A frame's payload: the level's digit, the text.
struct LogLine {
  Level level;
  std::string_view text;
};

inline void send_log_line(Kernel& kernel, int fd, Level level, std::string_view text) {
  (void)send_frame(kernel, fd, Frame::log, std::string(1, static_cast<char>('0' + static_cast<int>(level))) + std::string(text));
}

/// Nothing when it is no such payload.
inline std::optional<LogLine> read_log_line(std::string_view payload) {
  if (payload.empty() || payload[0] < '0' || payload[0] >= '0' + static_cast<int>(Level::notset)) return std::nullopt;
  return LogLine{static_cast<Level>(payload[0] - '0'), payload.substr(1)};
}

/// The log of a forked child: its lines go over a socket to the parent, which owns the log. After the fork or clone nothing in the child opens
/// or locks one.
class FrameLog final : public Log {
 public:
  FrameLog(Kernel& kernel, int fd, const Log& parent) : kernel_(kernel), fd_(fd), parent_(parent) {}
  void write(Level level, std::string_view text) override {
    if (wants(level)) send_log_line(kernel_, fd_, level, text);
  }
  bool wants(Level level) const override { return parent_.wants(level); }

 private:
  Kernel& kernel_;
  int fd_;
  const Log& parent_;
};

/// The log of a daemon whose caller still waits: its lines go where they always go, and those to be seen also to the caller, who has the terminal.
class DaemonLog final : public Log {
 public:
  DaemonLog(Kernel& kernel, int caller, Log& own) : kernel_(kernel), caller_(caller), own_(own) {}
  void write(Level level, std::string_view text) override {
    own_.write(level, text);
    if (own_.shows(level)) send_log_line(kernel_, caller_, level, text);
  }
  bool wants(Level level) const override { return own_.wants(level); }

 private:
  Kernel& kernel_;
  int caller_;
  Log& own_;
};

}  // namespace lxcx::core
