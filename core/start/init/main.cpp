// SPDX-License-Identifier: Apache-2.0
// lxcx-init COMMAND-PID: process 1 of `lxcx execute`. Its child is the command; it passes signals on, reaps whatever is left to it, and ends with
// the command's status. A program of its own, as what is process 1 inside must hold nothing of lxcx: neither its memory, environment and
// capabilities, nor, as /proc/1/exe, a way to its file on the host (CVE-2019-5736). All signals but faults are blocked when it begins.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace {

int as_shell(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const auto command = static_cast<pid_t>(std::strtol(arguments[1], nullptr, 10));
  if (command <= 1) return 2;
  ::prctl(PR_SET_NAME, "init", 0, 0, 0);
  sigset_t blocked;
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  while (true) {
    int number = 0;
    if (::sigwait(&blocked, &number) != 0) continue;
    if (number != SIGCHLD) {
      // SIGPWR is what asks an init to power off.
      ::kill(command, number == SIGPWR ? SIGTERM : number);
      continue;
    }
    int status = 0;
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0)
      if (ended == command) ::_exit(as_shell(status));
  }
}
