// SPDX-License-Identifier: Apache-2.0
#include "host/give_up.hpp"

namespace lxcx::host {
namespace {

std::atomic<bool> was_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void ask(int) { was_asked = true; }

}  // namespace

GiveUp::GiveUp() {
  was_asked = false;
  struct sigaction action{};
  action.sa_handler = ask;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // without SA_RESTART: whoever waits shall look
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    ::sigaction(signals_[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(signals_[i], &action, nullptr);
  }
}

GiveUp::~GiveUp() {
  for (std::size_t i = 0; i < signals_.size(); ++i) ::sigaction(signals_[i], &before_[i], nullptr);
}

const std::atomic<bool>& GiveUp::asked() const { return was_asked; }

}  // namespace lxcx::host
