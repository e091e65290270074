// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <csignal>

namespace lxcx::host {

/// While it lives, SIGINT, SIGTERM and SIGHUP ask the command to give up and take back what it made; a second one of a kind ends the process, as
/// ever. A signal that was ignored stays so (nohup(1), a shell's background). One at a time; a forked child has it too.
class GiveUp {
 public:
  GiveUp();
  ~GiveUp();
  GiveUp(const GiveUp&) = delete;
  GiveUp& operator=(const GiveUp&) = delete;

  /// Set by the signal, never cleared.
  const std::atomic<bool>& asked() const;

 private:
  static constexpr std::array signals_{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, signals_.size()> before_{};
};

}  // namespace lxcx::host
