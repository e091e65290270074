// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/terminal.hpp"

// The kernel's own struct termios: glibc's is another.
#include <asm/ioctls.h>
#include <asm/termbits.h>

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
  if (!kernel.ioctl(fd, TCGETS, &settings)) return;
  termios raw = raw_of(settings);
  // TCSETS, not TCSETSF: what was typed ahead is not thrown away.
  if (kernel.ioctl(fd, TCSETS, &raw)) saved_ = std::make_unique<Saved>(Saved{settings});
}

RawTerminal::~RawTerminal() {
  if (saved_) (void)kernel_.ioctl(fd_, TCSETS, &saved_->settings);
}

std::optional<winsize> window_size(Kernel& kernel, int fd) {
  winsize size = {};
  if (!kernel.ioctl(fd, TIOCGWINSZ, &size)) return std::nullopt;
  return size;
}

}  // namespace lxcx::core
