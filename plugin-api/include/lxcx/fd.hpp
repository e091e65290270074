// SPDX-License-Identifier: Apache-2.0
// A file descriptor that closes itself, for plugins. Optional: nothing of the boundary uses it.
#pragma once
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace lxcx {

/// Owns one file descriptor. Empty is -1; closing never changes errno.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    const int old = std::exchange(fd_, fd);
    if (old < 0) return;
    const int saved = errno;
    ::close(old);
    errno = saved;
  }

 private:
  int fd_ = -1;
};

}  // namespace lxcx
