// SPDX-License-Identifier: Apache-2.0
#include "core/start/child/tiny_init.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace lxcx::core {

namespace {

/// The command's side after the fork: a session with the console as its terminal when it has one.
Result<void> run_command(Kernel& kernel, char* const argv[], char* const envp[], const std::string& path, const sigset_t& unblocked) {
  ::sigprocmask(SIG_SETMASK, &unblocked, nullptr);
  LXCX_CHECK(kernel.setsid());
  if (::isatty(STDIN_FILENO) == 1) (void)::ioctl(STDIN_FILENO, TIOCSCTTY, 0);
  return exec_program(kernel, argv, envp, path);
}

int as_shell(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

/// Waits for signals; SIGPWR and SIGTERM ask the command to end, the others are passed on.
[[noreturn]] void stay(pid_t command, const sigset_t& blocked) {
  while (true) {
    int number = 0;
    if (::sigwait(&blocked, &number) != 0) continue;
    if (number != SIGCHLD) {
      ::kill(command, number == SIGPWR ? SIGTERM : number);
      continue;
    }
    int status = 0;
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0)
      if (ended == command) ::_exit(as_shell(status));
  }
}

}  // namespace

Result<void> run_tiny_init(ChildContext& context, char* const argv[], char* const envp[], const std::string& path) {
  sigset_t all, none;
  ::sigfillset(&all);
  for (const int fault : {SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGABRT}) ::sigdelset(&all, fault);
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  LXCX_TRY(command, context.kernel.fork());
  if (command == 0) {
    const Result<void> failed = run_command(context.kernel, argv, envp, path, none);
    // The parent of us all learns why through the sync socket, as from any other step.
    return failed;
  }
  // The command's own exec closes its copy of the socket; this copy closes here, so that the start is seen to have succeeded.
  context.sync.reset();
  (void)context.kernel.prctl(PR_SET_NAME, reinterpret_cast<unsigned long>("init"), 0, 0, 0);
  (void)context.kernel.close_range(3, ~0U, 0);
  stay(command, all);
}

}  // namespace lxcx::core
