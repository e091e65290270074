// SPDX-License-Identifier: Apache-2.0
// Runs what cannot be taken back (a seccomp filter, a Landlock domain) in a process of its own.
#pragma once
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace lxcx::test {

/// Forks, runs `body` (returning 0 to 255) and says how it ended: "exit 7", "signal 31".
template <class Body>
std::string in_child(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    // A failed REQUIRE throws; it must not run the rest of the tests here.
    try {
      // Not _exit(3): a sanitizer's makes further system calls, which a filter under test may forbid.
      syscall(SYS_exit_group, body());
    } catch (...) {
    }
    _exit(255);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return "no child";
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit " + std::to_string(WEXITSTATUS(status));
}

}  // namespace lxcx::test
