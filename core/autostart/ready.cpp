// SPDX-License-Identifier: Apache-2.0
#include "core/autostart/ready.hpp"

#include <time.h>
#include <unistd.h>

#include <csignal>

namespace lxcx::core {

namespace {

/// An attach passes SIGTERM on to its command; to this process between two of them it must not be the end.
void end_commands_at(std::chrono::seconds timeout) {
  ::signal(SIGTERM, [](int) {});
  ::signal(SIGALRM, [](int) { (void)::kill(::getpid(), SIGTERM); });
  ::alarm(static_cast<unsigned>(timeout.count()));
}

}  // namespace

Result<void> await_ready(std::chrono::seconds timeout, const std::function<Result<int>()>& probe) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + timeout;
  end_commands_at(timeout);
  while (true) {
    const Result<int> status = probe();
    if (status && *status == 0) return {};
    if (!status && status.error().code == Code::not_running) return std::unexpected(status.error());
    if (Clock::now() >= end) {
      if (!status) return std::unexpected(status.error());
      return fail(
          Code::timeout,
          "it runs, but was not ready within " + std::to_string(timeout.count()) + " s: the command gave " + std::to_string(*status) + " in the end",
          "see lxcx.start.ready and lxcx.start.ready.timeout");
    }
    const timespec pause{0, 100'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace lxcx::core
