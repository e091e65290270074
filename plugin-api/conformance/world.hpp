// SPDX-License-Identifier: Apache-2.0
// What a verb must leave as it was: the state of the calling process, and what the sandbox can see of the machine.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace lxcx::conformance {

/// Facts by name: "fd 7" -> "/dev/null", "cwd" -> "/", "mount 31" -> …
class World {
 public:
  /// `ignored_fd` is the caller's own and not looked at; -1: none.
  static World take(int ignored_fd = -1);
  /// One line for each fact that appeared, vanished or changed; empty when the worlds are equal.
  std::vector<std::string> changes_until(const World& later) const;
  /// The same, until now. A thread that was joined stays in /proc/self/task until the kernel has buried it: waits a moment for that alone.
  std::vector<std::string> changes_until_now(int ignored_fd = -1) const;

 private:
  std::map<std::string, std::string> facts_;
};

}  // namespace lxcx::conformance
