// SPDX-License-Identifier: Apache-2.0
#include "core/start/child/tiny_init.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>

namespace lxcx::core {

namespace {

/// The command's side after the fork: a session with the console as its terminal when it has one. It waits until process 1 is the program that
/// it stays: that exec closes the other end of `gate`.
Result<void> run_command(Kernel& kernel, int gate, char* const argv[], char* const envp[], const std::string& path, const sigset_t& unblocked) {
  char nothing = 0;
  LXCX_CHECK(kernel.read(gate, &nothing, 1));
  ::sigprocmask(SIG_SETMASK, &unblocked, nullptr);
  LXCX_CHECK(kernel.setsid());
  if (::isatty(STDIN_FILENO) == 1) (void)::ioctl(STDIN_FILENO, TIOCSCTTY, 0);
  return exec_program(kernel, argv, envp, path);
}

}  // namespace

Result<void> run_tiny_init(ChildContext& context, char* const argv[], char* const envp[], const std::string& path) {
  Kernel& kernel = context.kernel;
  sigset_t all, none;
  ::sigfillset(&all);
  for (const int fault : {SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGABRT}) ::sigdelset(&all, fault);
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  LXCX_TRY(gate, kernel.pipe2(O_CLOEXEC));
  LXCX_TRY(command, kernel.fork());
  if (command == 0) {
    gate.second.reset();
    // The parent of us all learns why it failed through the sync socket, as from any other step.
    return run_command(kernel, gate.first.get(), argv, envp, path, none);
  }
  std::string name = "init", number = std::to_string(command);
  char* const own_argv[] = {name.data(), number.data(), nullptr};
  return doing(kernel.execveat(context.start.tiny_init.get(), "", own_argv, envp, AT_EMPTY_PATH), "execute lxcx-init inside the container");
}

}  // namespace lxcx::core
