// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/ioctl.h>
#include <termios.h>

namespace lxcx::monitor {

/// The console's peer, written and read without blocking. What is somebody else's too (the user's terminal, shared with their shell) gets an
/// open file description of our own, so that theirs stays blocking; where that cannot be (sockets, a pty's master) the flag is set back.
class Peer {
 public:
  void open(int fd, bool make_raw);
  /// Gives terminal and flags back as they were.
  void restore();
  int fd() const { return fd_; }
  bool window_size(winsize& size) const;

 private:
  int given_ = -1;
  int fd_ = -1;
  int given_flags_ = -1;  ///< to set back; -1: untouched
  bool raw_ = false;
  termios saved_ = {};
};

}  // namespace lxcx::monitor
