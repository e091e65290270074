// SPDX-License-Identifier: Apache-2.0
// The process that stays with a container: a tiny static program (libexec/lxcx/lxcx-monitor) that the starting process becomes by exec once
// init runs. It holds init as its child, the control socket, the console, and nothing else; when init ends it notes the exit status in the
// run directory and becomes `lxcx --internal-teardown RUN_DIRECTORY`.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/kernel/kernel.hpp"
#include "lxcx/result.hpp"

namespace lxcx::core {

/// What the monitor is handed. All fds are inherited across exec under their numbers; the numbers travel in argv.
struct MonitorHandover {
  std::string program;  ///< path of lxcx-monitor
  std::string title;    ///< "[lxc monitor] /var/lib/lxc web"
  std::string run_directory;
  pid_t init = 0;
  int init_pidfd = -1;
  int control_fd = -1;      ///< listening SOCK_SEQPACKET; -1: none
  int console_master = -1;  ///< -1: none
  int console_peer = -1;    ///< where console output also goes and input comes from (foreground: the user's tty; a file); -1: none
  std::string console_log;  ///< lxc.console.logfile; empty: none
  std::uint64_t console_log_size = 0;
  bool console_rotate = false;
  std::uint64_t console_buffer_size = 0;
  std::vector<int> tty_masters;       ///< tty 1 … n
  std::vector<int> seccomp_listeners;  ///< of the container's filters
  std::string notify_proxy;            ///< lxc.seccomp.notify.proxy: who answers their notifications; empty: nobody
  std::string notify_cookie;
  std::uint64_t notify_timeout_ms = 0;  ///< 0: 30 s, as LXC has it
  std::string log_file;                 ///< where lxcx logs; empty: nowhere
  std::string log_name;                 ///< what its lines begin with: "lxcx web"
  std::vector<int> kept_fds;          ///< held open for the teardown and otherwise left alone: namespaces for stop hooks
  bool foreground = false;            ///< puts console_peer into raw mode, forwards its window size, restores it at the end
  std::vector<std::string> teardown;  ///< argv of what to exec when init has ended; argv[0] is the path
};

/// Becomes the monitor; returns only to fail, with every fd from 3 on close-on-exec. Single-threaded callers only.
/// The exec is what closes a socket that waits for this process to be ready. The monitor writes `exit` ("status <wait status>\n", -1: unknown)
/// into the run directory before it execs the teardown.
Result<void> become_monitor(Kernel& kernel, const MonitorHandover& handover);

/// Whether the monitor will be able to open or make the console's log, so that a start refuses a bad path before anything runs. Makes nothing.
/// Errors: usage when it is neither a regular file nor a character device; a symbolic link is not followed.
Result<void> check_console_log(Kernel& kernel, const std::string& path);

/// Makes the control socket in the run directory, 0600, listening. Works for paths of any length.
Result<UniqueFd> make_control_socket(Kernel& kernel, int run_dirfd);

/// A client's side of the control socket (docs/control-protocol.md: versioned frames over SOCK_SEQPACKET; the monitor answers root and its
/// own uid only).
class ControlClient {
 public:
  /// Errors: not_running when nobody listens.
  static Result<ControlClient> connect(Kernel& kernel, int run_dirfd);
  /// number 0: the console; n: tty n; -1: any free tty. The tty is free again when the connection closes. Errors: busy, not_found.
  struct Tty {
    int number = 0;
    UniqueFd master;   ///< tty n: the pty's master; the console: a stream socket
    UniqueFd control;  ///< a duplicate of the connection: keeps the tty allocated, carries the console's window size, tells the monitor's end
  };
  Result<Tty> allocate_tty(int number);
  /// The console's ring buffer. Errors: unsupported when there is none.
  Result<std::string> console_buffer(bool clear);
  /// Init's pidfd, as the monitor holds it: it names this init even when the pid was used again.
  Result<UniqueFd> init_pidfd();
  /// Hands a seccomp listener to the monitor, which answers its notifications from then on. Errors: busy when it has as many as it takes; usage
  /// when `listener` is none.
  Result<void> add_listener(int listener);
  Result<void> ping();

 private:
  ControlClient(Kernel& kernel, UniqueFd socket) : kernel_(&kernel), socket_(std::move(socket)) {}
  Kernel* kernel_ = nullptr;
  UniqueFd socket_;
};

/// `lxcx console`: relays the caller's terminal to `tty` until the escape sequence (prefix then q; prefix twice is one literal prefix; a
/// prefix of NUL is none), end of input, SIGTERM or SIGHUP, or the tty closing. Restores the terminal on all of these paths. Nothing typed or
/// shown is lost. Returns false when the container ended, true when the user left.
Result<bool> relay_console(Kernel& kernel, ControlClient::Tty& tty, int in_fd, int out_fd, char escape_prefix);

}  // namespace lxcx::core
