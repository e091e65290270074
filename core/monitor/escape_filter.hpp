// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace lxcx::core {

/// Finds the escape sequence in what is typed: prefix then q leaves, prefix twice is one literal prefix, and a prefix before anything else was
/// meant for the other side. A prefix of NUL is none.
class EscapeFilter {
 public:
  explicit EscapeFilter(char prefix) : prefix_(prefix) {}

  /// Appends what goes to the other side. True once the user wants to leave; what follows is not looked at.
  bool feed(std::string_view typed, std::string& through) {
    for (const char byte : typed) {
      const bool after_prefix = std::exchange(after_prefix_, false);
      if (after_prefix && byte == 'q') return true;
      if (!after_prefix && byte == prefix_ && prefix_ != '\0') {
        after_prefix_ = true;
        continue;
      }
      if (after_prefix && byte != prefix_) through += prefix_;
      through += byte;
    }
    return false;
  }

  /// At the end of input a prefix that still waits was meant for the other side.
  void finish(std::string& through) {
    if (std::exchange(after_prefix_, false)) through += prefix_;
  }

 private:
  char prefix_;
  bool after_prefix_ = false;
};

}  // namespace lxcx::core
