// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fcntl.h>
#include <sched.h>

#include <cstdlib>

#include "lxcx/fd.hpp"
#include "lxcx/result.hpp"

namespace lxcx::net {

/// Puts the thread into another network namespace for the object's life (setns(2) works on one thread alone). Nothing is loaded or resolved
/// while it stands: open the socket, and leave.
class NetnsGuard {
 public:
  static Result<NetnsGuard> enter(int netns_fd) {
    // thread-self, since /proc/self is the leader, whose namespace may differ from this thread's.
    Fd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!home) return fail_errno(errno, "open '/proc/thread-self/ns/net'");
    if (::setns(netns_fd, CLONE_NEWNET) != 0) return fail_errno(errno, "setns into the container's network namespace");
    return NetnsGuard(std::move(home));
  }
  NetnsGuard(NetnsGuard&&) noexcept = default;
  NetnsGuard& operator=(NetnsGuard&&) = delete;
  ~NetnsGuard() {
    // Fails only for a process that lost CAP_SYS_ADMIN in between. Going on would aim the host's next command at the container's network.
    if (home_ && ::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();
  }

 private:
  explicit NetnsGuard(Fd home) : home_(std::move(home)) {}
  Fd home_;  ///< empty once moved from
};

}  // namespace lxcx::net
