// SPDX-License-Identifier: Apache-2.0
// What become_monitor() says to the program, one `name=value` argument each; after "--" comes the teardown's argv, then one end mark.
#pragma once
#include <sys/types.h>

#include <cstdint>

namespace lxcx::monitor {

struct Options {
  pid_t init = 0;
  int init_pidfd = -1;
  int run_directory = -1;
  int control = -1;
  int console_master = -1;
  int console_peer = -1;
  int console_log = -1;
  int console_log_directory = -1;
  const char* console_log_name = nullptr;
  std::uint64_t console_log_size = 0;
  std::uint64_t console_buffer_size = 0;
  bool console_rotate = false;
  bool foreground = false;
  const char* notify_proxy = "";
  const char* notify_cookie = "";
  const char* listeners = "";           ///< "7,8": seccomp listeners
  std::uint64_t notify_timeout_ms = 0;  ///< 0: the usual one
  int log = -1;
  const char* log_name = "lxcx";
  const char* ttys = "";  ///< "7,8,9": the masters of tty 1, 2, 3
  char** teardown = nullptr;
};

/// Argument 0 is the process's title. The strings stay where they are. False when an argument is not understood.
bool parse_options(int argc, char** argv, Options& options);

/// The `number`th (from 1) of a list of fds such as `ttys`, or -1.
int fd_of_list(const char* list, int number);

/// Makes the kernel show argv[0], and nothing after it, as the command line: it does so when the last byte of the arguments is not NUL, as
/// setproctitle(3) leaves it (fs/proc/base.c, get_mm_cmdline). The end mark's NUL is that byte.
void show_title_only(int argc, char** argv);

}  // namespace lxcx::monitor
