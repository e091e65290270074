// SPDX-License-Identifier: Apache-2.0
// lxcx-monitor: stays with a running container. A static program without the C++ runtime or malloc, because there is one for each container:
// it holds init as its child, the console and the control socket, sleeps in epoll_wait(2) until one of them wants something, and becomes the
// teardown when init has ended. core/monitor/become_monitor.cpp makes its arguments.
//
// It makes system calls directly: core/kernel's interface costs std::string, std::expected and the exceptions' tables, which is more memory
// than all of this.
#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <initializer_list>

#include "core/monitor/program/console.hpp"
#include "core/monitor/program/control_server.hpp"
#include "core/monitor/program/log_file.hpp"
#include "core/monitor/program/notifier.hpp"
#include "core/monitor/program/options.hpp"

namespace lxcx::monitor {
namespace {

constexpr int exit_usage = 2;
constexpr int exit_no_loop = 7;        // the kernel refused what the loop needs
constexpr int exit_no_teardown = 111;  // any later lxcx command finishes the teardown

int fail(const char* text, int status) {
  (void)!::write(STDERR_FILENO, text, std::strlen(text));
  return status;
}

class Monitor {
 public:
  explicit Monitor(const Options& options) : options_(options) {}
  bool open();
  void run();
  void finish();

 private:
  bool watch(int fd, Source source);
  bool open_notifier();
  int timeout_ms() const;
  void dispatch(std::uint32_t source, std::uint32_t events);
  void on_signals();
  void on_signal(int signal);
  void reap();
  void note_lost_status();
  void write_exit_status() const;

  const Options& options_;
  int epoll_ = -1;
  int signals_ = -1;
  bool ended_ = false;
  int status_ = -1;
  Console console_;
  ControlServer control_;
  Notifier notifier_;
  LogFile log_;
};

// All that can be blocked but what a bug in here raises: those keep their default, a core dump. The dispositions come first: until here all
// signals were blocked, and one that waits acts as soon as it no longer is.
int make_signalfd() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);  // when ignored, the kernel would throw init's status away
  sigset_t set;
  sigfillset(&set);
  for (const int fault : {SIGBUS, SIGILL, SIGSEGV, SIGFPE, SIGPIPE}) sigdelset(&set, fault);
  if (::sigprocmask(SIG_SETMASK, &set, nullptr) != 0) return -1;
  return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void close_on_exec(const Options& options) {
  for (const int fd : {options.init_pidfd, options.run_directory, options.control, options.console_master, options.console_peer, options.console_log,
                       options.console_log_directory, options.log}) {
    if (fd > STDERR_FILENO) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  for (int tty = 1, fd = 0; (fd = fd_of_list(options.ttys, tty)) >= 0; ++tty) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  for (int number = 1, fd = 0; (fd = fd_of_list(options.listeners, number)) >= 0; ++number) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

bool Monitor::open() {
  close_on_exec(options_);
  signals_ = make_signalfd();
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  return signals_ >= 0 && epoll_ >= 0 && watch(signals_, source_signals) && watch(options_.init_pidfd, source_init) &&
         console_.open(options_, epoll_) && open_notifier() && control_.open(options_, epoll_, console_, notifier_);
}

bool Monitor::open_notifier() {
  log_.open(options_.log, options_.log_name);
  NotifyOptions options;
  options.proxy = options_.notify_proxy;
  options.cookie = options_.notify_cookie;
  if (options_.notify_timeout_ms > 0) options.timeout_ms = options_.notify_timeout_ms;
  options.init = options_.init;
  notifier_.open(options, epoll_, source_notify, [](void* log, const char* text) { static_cast<LogFile*>(log)->error(text); }, &log_);
  for (int number = 1, fd = 0; (fd = fd_of_list(options_.listeners, number)) >= 0; ++number) {
    // What is refused is closed: its calls fail with ENOSYS, and the container runs on.
    if (notifier_.add(fd) != Notifier::Added::yes) log_.error("seccomp notify: a listener was not taken; its system calls fail with ENOSYS");
  }
  return true;
}

int Monitor::timeout_ms() const {
  const int console = console_.timeout_ms(), notifier = notifier_.timeout_ms();
  return console < 0 || (notifier >= 0 && notifier < console) ? notifier : console;
}

bool Monitor::watch(int fd, Source source) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u32 = source;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Monitor::run() {
  epoll_event events[16];
  for (bool more = false; !ended_;) {
    const int count = ::epoll_wait(epoll_, events, 16, more ? 0 : timeout_ms());
    for (int i = 0; i < count; ++i) dispatch(events[i].data.u32, events[i].events);
    notifier_.expire();
    more = console_.pump();
  }
}

void Monitor::dispatch(std::uint32_t source, std::uint32_t events) {
  switch (source) {
    case source_init: reap(); return note_lost_status();
    case source_signals: return on_signals();
    case source_control: return control_.accept();
    case source_master:
    case source_peer:
    case source_client: return console_.on_event(static_cast<Source>(source), events);
    default: break;
  }
  if (source >= source_notify) return notifier_.on_event(source - source_notify, events);
  control_.on_connection(source - source_connection, events);
}

void Monitor::on_signals() {
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) on_signal(static_cast<int>(info.ssi_signo));
}

// As LXC does it: SIGHUP asks init to end, all others reach it unchanged, but for those about this process's own children and terminal.
void Monitor::on_signal(int signal) {
  switch (signal) {
    case SIGCHLD: return reap();
    case SIGWINCH: return console_.resize_as_peer();
    case SIGTTIN:
    case SIGTTOU: return;
    default: ::syscall(SYS_pidfd_send_signal, options_.init_pidfd, signal == SIGHUP ? SIGTERM : signal, nullptr, 0);
  }
}

void Monitor::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG | __WALL)) > 0;) {
    if (pid != options_.init || !(WIFEXITED(status) || WIFSIGNALED(status))) continue;
    ended_ = true;
    status_ = status;
  }
}

// An adopted init is not this process's child: its status is what the kernel still tells through the pidfd (Linux 6.15 on), or unknown.
void Monitor::note_lost_status() {
  if (ended_) return;
  ended_ = true;
  struct {  // struct pidfd_info of <linux/pidfd.h>, its first version with the exit code
    std::uint64_t mask, cgroup_id;
    std::uint32_t ids[11];
    std::int32_t exit_code;
  } info = {};
  static_assert(sizeof info == 64);
  constexpr std::uint64_t want_exit = 1u << 3;  // PIDFD_INFO_EXIT
  info.mask = want_exit;
  if (::ioctl(options_.init_pidfd, _IOWR(0xFF, 11, info), &info) == 0 && (info.mask & want_exit) != 0) status_ = info.exit_code;
}

void Monitor::write_exit_status() const {
  char text[32];
  std::size_t at = sizeof text;
  unsigned rest = status_ < 0 ? 1u : static_cast<unsigned>(status_);
  text[--at] = '\n';
  do text[--at] = static_cast<char>('0' + rest % 10);
  while ((rest /= 10) != 0);
  if (status_ < 0) text[--at] = '-';
  for (const char* word = " sutats"; *word != '\0'; ++word) text[--at] = *word;
  const int fd = ::openat(options_.run_directory, "exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const auto size = static_cast<ssize_t>(sizeof text - at);
  const bool whole = ::write(fd, text + at, sizeof text - at) == size;
  ::close(fd);
  if (whole) ::renameat(options_.run_directory, "exit.new", options_.run_directory, "exit");
}

void Monitor::finish() {
  console_.finish();
  write_exit_status();
  // A signal that waits would end the teardown in its first instant; it was for init, who is gone.
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof info) > 0) continue;
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace
}  // namespace lxcx::monitor

int main(int argc, char** argv) {
  using namespace lxcx::monitor;
  static Options options;
  if (!parse_options(argc, argv, options)) return fail("lxcx-monitor: started by lxcx itself, never by hand\n", exit_usage);
  show_title_only(argc, argv);
  static Monitor monitor(options);
  if (!monitor.open()) return fail("lxcx-monitor: cannot watch the container\n", exit_no_loop);
  monitor.run();
  monitor.finish();
  ::execv(options.teardown[0], options.teardown);
  return exit_no_teardown;
}
