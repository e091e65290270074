// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/terminal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace lxcx::monitor {

namespace {

/// A second open() of what `fd` shows. Not of a regular file, whose offset would be lost, nor of a pty's master, which would be a new pty.
int reopen(int fd, int flags) {
  struct stat status = {};
  int pty_number = 0;
  if (::fstat(fd, &status) != 0 || (!S_ISCHR(status.st_mode) && !S_ISFIFO(status.st_mode))) return -1;
  if (::ioctl(fd, TIOCGPTN, &pty_number) == 0) return -1;
  char path[] = "/proc/self/fd/0000000000";
  char* digit = path + sizeof path - 2;
  for (int rest = fd, left = 10; left > 0; rest /= 10, --left) *digit-- = static_cast<char>('0' + rest % 10);
  const char* number = path + std::strlen("/proc/self/fd/");
  while (number[0] == '0' && number[1] != '\0') ++number;
  std::memmove(path + std::strlen("/proc/self/fd/"), number, std::strlen(number) + 1);
  return ::open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

}  // namespace

void Peer::open(int fd, bool make_raw) {
  given_ = fd_ = fd;
  if (fd < 0) return;
  const int flags = ::fcntl(fd, F_GETFL);
  if (const int own = reopen(fd, flags); own >= 0) {
    fd_ = own;
  } else if ((flags & O_NONBLOCK) == 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0) {
    given_flags_ = flags;
  }
  if (!make_raw || ::tcgetattr(given_, &saved_) != 0) return;
  termios raw = saved_;
  ::cfmakeraw(&raw);
  raw_ = ::tcsetattr(given_, TCSANOW, &raw) == 0;
}

void Peer::restore() {
  if (raw_) (void)::tcsetattr(given_, TCSANOW, &saved_);
  if (given_flags_ >= 0) (void)::fcntl(given_, F_SETFL, given_flags_);
  raw_ = false;
  given_flags_ = -1;
}

bool Peer::window_size(winsize& size) const { return given_ >= 0 && ::ioctl(given_, TIOCGWINSZ, &size) == 0; }

}  // namespace lxcx::monitor
