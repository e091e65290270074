// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "core/monitor/monitor.hpp"
#include "core/start/parent/steps.hpp"
#include "core/start/pty.hpp"

namespace lxcx::core {

namespace {

/// The caller's terminal when there is one, else where its output goes: the console of a foreground start is seen either way.
Result<UniqueFd> foreground_peer(Kernel& kernel) {
  if (::isatty(STDIN_FILENO) == 1) return kernel.dup(STDIN_FILENO);
  return kernel.dup(STDOUT_FILENO);
}

}  // namespace

Result<void> open_console_peer(StartContext& context) {
  const std::string& path = context.config.console_path;
  if (!path.empty() && path != "none") {
    // Append, and never a new controlling terminal: the path may be a tty, a file or a FIFO.
    constexpr int flags = O_RDWR | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK;
    LXCX_TRY(fd, hinting(doing(context.kernel.openat(AT_FDCWD, path.c_str(), flags, 0600), "lxc.console.path"),
                         "lxc.console.path (--console) is none, a terminal, or a file in a directory that exists"));
    context.terminals.console_peer = std::move(fd);
  } else if (context.request.foreground && !context.request.execute) {
    LXCX_TRY(fd, foreground_peer(context.kernel));
    context.terminals.console_peer = std::move(fd);
  }
  return {};
}

Result<Pty> open_pty(Kernel& kernel, int devpts_fd) {
  const bool is_host = devpts_fd < 0;
  Pty pty;
  LXCX_TRY(master, kernel.openat(is_host ? AT_FDCWD : devpts_fd, is_host ? "/dev/ptmx" : "ptmx", O_RDWR | O_NOCTTY));
  int unlocked = 0;
  LXCX_CHECK(doing(kernel.ioctl(master.get(), TIOCSPTLCK, &unlocked), "unlock a pseudo-terminal"));
  unsigned number = 0;
  LXCX_CHECK(doing(kernel.ioctl(master.get(), TIOCGPTN, &number), "number a pseudo-terminal"));
  // The slave of this very master, whatever a path may lead to (CVE-2025-52565).
  void* flags = reinterpret_cast<void*>(static_cast<std::uintptr_t>(O_RDWR | O_NOCTTY | O_CLOEXEC));  // NOLINT: ioctl_tty(2) passes flags by value
  LXCX_TRY(slave, doing(kernel.ioctl(master.get(), TIOCGPTPEER, flags), "open a pseudo-terminal's slave"));
  pty.master = std::move(master);
  pty.slave.reset(slave);
  pty.number = number;
  return pty;
}

// With lxc.pty.max above 1 the console comes from the container's own devpts (child/terminals.cpp), else from the host's, here.
Result<void> prepare_console(StartContext& context) {
  if (context.config.console_path == "none" || context.plugins.storage == nullptr) return {};
  LXCX_CHECK(open_console_peer(context));
  if (!context.config.console_logfile.empty()) LXCX_CHECK(check_console_log(context.kernel, context.config.console_logfile));
  if (console_is_inside(context.config)) return {};
  LXCX_TRY(pty, open_pty(context.kernel, -1));
  // The group of a host's pty is tty, which an ordinary user's namespace does not have: in his own group it is his to give.
  if (::geteuid() != 0) LXCX_CHECK(context.kernel.fchown(pty.slave.get(), static_cast<uid_t>(-1), ::getegid()));
  LXCX_CHECK(context.kernel.fchown(pty.slave.get(), mapped_uid(context.config, 0), static_cast<gid_t>(-1)));
  LXCX_CHECK(context.kernel.fchmod(pty.slave.get(), 0620));
  context.terminals.console_slave_path = "/dev/pts/" + std::to_string(pty.number);
  context.terminals.console_master = std::move(pty.master);
  context.terminals.console_slave = std::move(pty.slave);
  return {};
}

bool console_is_inside(const ContainerConfig& config) { return config.pty_max > 1; }

}  // namespace lxcx::core
