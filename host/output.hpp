// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "core/kernel/kernel.hpp"
#include "lxcx/result.hpp"

namespace lxcx::host {

/// Standard output and standard error. What a script reads goes to stdout and is checked: a full disk is an error, not a short answer.
class Output {
 public:
  explicit Output(core::Kernel& kernel) : kernel_(kernel) {}

  /// Kept until flush().
  void print(std::string_view text) { pending_ += text; }
  Result<void> flush();

  /// At once, and nothing when quiet. Whoever cannot be told, cannot be told.
  void complain(std::string_view text);
  void be_quiet(bool quiet) { quiet_ = quiet; }
  bool is_quiet() const { return quiet_; }

  bool is_terminal(int fd);
  /// Of the terminal at stdout; 0: it is none.
  std::size_t columns();

 private:
  core::Kernel& kernel_;
  std::string pending_;
  bool quiet_ = false;
};

}  // namespace lxcx::host
