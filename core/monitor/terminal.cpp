// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/terminal.hpp"

// The kernel's own struct termios: glibc's is another.
#include <asm/ioctls.h>
#include <asm/termbits.h>

#include <cerrno>

namespace lxcx::core {

struct RawTerminal::Saved {
  termios settings;
};

namespace {

termios raw_of(termios settings) {
  settings.c_iflag |= IGNPAR;
  settings.c_iflag &= ~static_cast<tcflag_t>(ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXANY | IXOFF | IUCLC | BRKINT | PARMRK | INPCK);
  settings.c_lflag &= ~static_cast<tcflag_t>(ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHONL | IEXTEN);
  settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  return settings;
}

}  // namespace

RawTerminal::RawTerminal(Kernel& kernel, int fd) : kernel_(kernel), fd_(fd) {
  termios settings = {};
  if (const Result<int> got = kernel.ioctl(fd, TCGETS, &settings); !got) {
    // EIO: a terminal, which has hung up (tty_ioctl(4)); what is none has other errors.
    if (got.error().sys_errno == EIO) taken_ = doing(Result<void>(std::unexpected(got.error())), "make the terminal raw");
    return;
  }
  termios raw = raw_of(settings);
  // TCSETS, not TCSETSF: what was typed ahead is not thrown away.
  if (const Result<int> set = kernel.ioctl(fd, TCSETS, &raw); !set)
    taken_ = doing(Result<void>(std::unexpected(set.error())), "make the terminal raw");
  else
    saved_ = std::make_unique<Saved>(Saved{settings});
}

RawTerminal::~RawTerminal() { (void)give_back(); }

Result<void> RawTerminal::give_back() {
  if (!saved_) return {};
  const Result<int> set = kernel_.ioctl(fd_, TCSETS, &saved_->settings);
  saved_.reset();
  if (set) return {};
  return hinting(doing(Result<void>(std::unexpected(set.error())), "give the terminal back"), "the command `stty sane` does it");
}

std::optional<winsize> window_size(Kernel& kernel, int fd) {
  winsize size = {};
  if (!kernel.ioctl(fd, TIOCGWINSZ, &size)) return std::nullopt;
  return size;
}

}  // namespace lxcx::core
