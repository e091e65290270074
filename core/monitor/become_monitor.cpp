// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/close_range.h>
#include <unistd.h>

#include <limits>

#include "core/kernel/signals.hpp"
#include "core/monitor/console_log.hpp"
#include "core/monitor/monitor.hpp"

namespace lxcx::core {

namespace {

constexpr unsigned first_inherited = 3;
constexpr unsigned every_fd = std::numeric_limits<unsigned>::max();

/// The program's argv, and the fds it names.
struct Arguments {
  std::vector<std::string> argv;
  std::vector<int> fds;

  void add(const char* name, const std::string& value) { argv.push_back(std::string(name) + "=" + value); }
  void add_fd(const char* name, int fd) {
    if (fd < 0) return;
    add(name, std::to_string(fd));
    fds.push_back(fd);
  }
};

void add_fds(Arguments& arguments, const char* name, const std::vector<int>& numbers) {
  std::string list;
  for (const int fd : numbers) {
    list += (list.empty() ? "" : ",") + std::to_string(fd);
    arguments.fds.push_back(fd);
  }
  if (!list.empty()) arguments.add(name, list);
}

void add_notify(Arguments& arguments, const MonitorHandover& handover, int log) {
  add_fds(arguments, "listeners", handover.seccomp_listeners);
  if (!handover.notify_proxy.empty()) arguments.add("notify-proxy", handover.notify_proxy);
  if (!handover.notify_cookie.empty()) arguments.add("notify-cookie", handover.notify_cookie);
  if (handover.notify_timeout_ms > 0) arguments.add("notify-timeout-ms", std::to_string(handover.notify_timeout_ms));
  arguments.add_fd("log", log);
  if (log >= 0 && !handover.log_name.empty()) arguments.add("log-name", handover.log_name);
}

Arguments arguments_of(const MonitorHandover& handover, int run_directory, const ConsoleLogFile& console_log, int log) {
  Arguments arguments;
  arguments.argv.push_back(handover.title);
  arguments.add("init", std::to_string(handover.init));
  arguments.add_fd("init-pidfd", handover.init_pidfd);
  arguments.add_fd("run-directory", run_directory);
  arguments.add_fd("control", handover.control_fd);
  arguments.add_fd("console-master", handover.console_master);
  arguments.add_fd("console-peer", handover.console_peer);
  arguments.add_fd("console-log", console_log.file.get());
  arguments.add_fd("console-log-directory", console_log.directory.get());
  if (!console_log.name.empty()) arguments.add("console-log-name", console_log.name);
  arguments.add("console-log-size", std::to_string(handover.console_log_size));
  arguments.add("console-rotate", handover.console_rotate ? "1" : "0");
  arguments.add("console-buffer-size", std::to_string(handover.console_buffer_size));
  arguments.add("foreground", handover.foreground ? "1" : "0");
  add_fds(arguments, "ttys", handover.tty_masters);
  add_notify(arguments, handover, log);
  arguments.fds.insert(arguments.fds.end(), handover.kept_fds.begin(), handover.kept_fds.end());
  arguments.argv.emplace_back("--");
  arguments.argv.insert(arguments.argv.end(), handover.teardown.begin(), handover.teardown.end());
  arguments.argv.emplace_back(".");  // the end mark
  return arguments;
}

/// The log that lxcx itself has opened already. One that has become unfit since costs its lines, not the container.
UniqueFd open_log_file(Kernel& kernel, const std::string& path) {
  if (path.empty()) return {};
  Result<UniqueFd> file = kernel.openat(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK, 0640);
  return file ? std::move(*file) : UniqueFd();
}

Result<void> inherit_only(Kernel& kernel, const std::vector<int>& fds) {
  LXCX_CHECK(kernel.close_range(first_inherited, every_fd, CLOSE_RANGE_CLOEXEC));
  for (const int fd : fds) LXCX_CHECK(kernel.fcntl(fd, F_SETFD, 0));
  return {};
}

Result<void> execute(Kernel& kernel, const std::string& program, std::vector<std::string>& argv) {
  std::vector<char*> pointers;
  for (std::string& argument : argv) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  return kernel.execveat(AT_FDCWD, program.c_str(), pointers.data(), environ, 0);
}

}  // namespace

Result<void> become_monitor(Kernel& kernel, const MonitorHandover& handover) {
  if (handover.init <= 0 || handover.init_pidfd < 0 || handover.teardown.empty()) {
    return fail(Code::internal, "the monitor needs init's pid, its pidfd and a teardown");
  }
  LXCX_TRY(run_directory, doing(kernel.openat(AT_FDCWD, handover.run_directory.c_str(), O_PATH | O_DIRECTORY), "open the run directory"));
  ConsoleLogFile console_log;
  if (!handover.console_log.empty() && handover.console_master >= 0) {
    LXCX_TRY(opened, open_console_log(kernel, handover.console_log));
    console_log = std::move(opened);
  }
  UniqueFd log = open_log_file(kernel, handover.log_file);
  Arguments arguments = arguments_of(handover, run_directory.get(), console_log, log.get());
  // From here until the program has its signalfd a signal would end this process, and no one would be left to wait for init.
  LXCX_TRY(blocked, BlockedSignals::block_all());
  Result<void> result = inherit_only(kernel, arguments.fds);
  if (result) result = execute(kernel, handover.program, arguments.argv);
  (void)kernel.close_range(first_inherited, every_fd, CLOSE_RANGE_CLOEXEC);
  return doing(std::move(result), "become the monitor");
}

}  // namespace lxcx::core
