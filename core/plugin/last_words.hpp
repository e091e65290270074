// SPDX-License-Identifier: Apache-2.0
// A library's own constructors run while it is loaded, in this process: where one of them crashes, nothing but a signal handler can say whose.
#pragma once
#include <array>
#include <csignal>
#include <string>

namespace lxcx::core {

/// While one lives, a signal that ends this process by a crash writes `words` to stderr first. The process ends by that signal all the same.
/// For a single-threaded caller; not nested.
class LastWords {
 public:
  explicit LastWords(std::string words);
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

 private:
  static constexpr std::array<int, 5> crashes{SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

  std::string words_;
  std::array<struct sigaction, crashes.size()> before_{};
};

}  // namespace lxcx::core
