// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <utility>

#include "core/base/unique_fd.hpp"
#include "lxcx/result.hpp"

namespace lxcx::core {

/// Signals that wait to be read for as long as this lives, instead of acting. Those not read act when it ends.
/// Blocks them for the calling thread.
class BlockedSignals {
 public:
  static Result<BlockedSignals> block(std::initializer_list<int> signals) {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int signal : signals) sigaddset(&wanted, signal);
    return block(wanted);
  }
  static Result<BlockedSignals> block_all() {
    sigset_t all;
    sigfillset(&all);
    return block(all);
  }

  BlockedSignals(BlockedSignals&& other) noexcept : fd_(std::move(other.fd_)), before_(other.before_), owns_(std::exchange(other.owns_, false)) {}
  BlockedSignals& operator=(BlockedSignals&&) = delete;
  ~BlockedSignals() {
    if (owns_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  /// Readable when one is pending.
  int fd() const { return fd_.get(); }
  /// The next pending one, or 0.
  int next() const {
    signalfd_siginfo info{};
    return ::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info) ? static_cast<int>(info.ssi_signo) : 0;
  }

 private:
  explicit BlockedSignals(const sigset_t& before) : before_(before) {}
  static Result<BlockedSignals> block(const sigset_t& wanted) {
    sigset_t before;
    if (const int error = ::pthread_sigmask(SIG_BLOCK, &wanted, &before); error != 0) return fail_errno(error, "pthread_sigmask");
    BlockedSignals blocked(before);
    blocked.fd_ = UniqueFd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!blocked.fd_) return fail_errno(errno, "signalfd");
    return blocked;
  }

  UniqueFd fd_;
  sigset_t before_;
  bool owns_ = true;
};

}  // namespace lxcx::core
