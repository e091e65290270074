// SPDX-License-Identifier: Apache-2.0
#include "monitored.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace lxcx::test {

using core::UniqueFd;

namespace {

constexpr int patience_ms = 10000;

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

[[noreturn]] void be_init(const MonitoredOptions& options, int slave) {
  if (!options.adopted) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setsid();
  if (options.console) ::ioctl(slave, TIOCSCTTY, 0);
  for (int fd = 0; fd < 3; ++fd) ::dup2(slave, fd);
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  ::_exit(options.init());
}

pid_t fork_init(const MonitoredOptions& options, int slave) {
  if (!options.adopted) {
    const pid_t pid = ::fork();
    if (pid == 0) be_init(options, slave);
    return pid;
  }
  // Through a middle process that ends, so that init is nobody's child here.
  std::array<int, 2> pipe = {};
  require(::pipe2(pipe.data(), O_CLOEXEC) == 0, "pipe2");
  const pid_t middle = ::fork();
  if (middle == 0) {
    const pid_t pid = ::fork();
    if (pid == 0) be_init(options, slave);
    (void)!::write(pipe[1], &pid, sizeof pid);
    ::_exit(0);
  }
  pid_t pid = -1;
  require(::read(pipe[0], &pid, sizeof pid) == sizeof pid, "read");
  ::waitpid(middle, nullptr, 0);
  return pid;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  char name[] = "/tmp/lxcxt-monitor-XXXXXX";
  require(::mkdtemp(name) != nullptr, "mkdtemp");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_file(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool eventually(const std::function<bool()>& claim) {
  for (int waited = 0; waited < patience_ms; waited += 10) {
    if (claim()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return claim();
}

std::string read_bytes(int fd, std::size_t size) {
  std::string text;
  std::array<char, 65536> piece;
  while (text.size() < size) {
    pollfd waiting = {fd, POLLIN, 0};
    if (::poll(&waiting, 1, patience_ms) <= 0) break;
    const ssize_t got = ::read(fd, piece.data(), std::min(piece.size(), size - text.size()));
    if (got <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string read_until(int fd, std::string_view text) {
  std::string seen;
  while (!seen.ends_with(text)) {
    const std::string more = read_bytes(fd, 1);
    if (more.empty()) break;
    seen += more;
  }
  return seen;
}

void write_bytes(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EAGAIN) {
      pollfd waiting = {fd, POLLOUT, 0};
      ::poll(&waiting, 1, patience_ms);
      continue;
    }
    require(written > 0, "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

Pty make_pty() {
  int master = -1, slave = -1;
  require(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0, "openpty");
  termios settings = {};
  ::tcgetattr(slave, &settings);
  ::cfmakeraw(&settings);
  ::tcsetattr(slave, TCSANOW, &settings);
  ::fcntl(master, F_SETFD, FD_CLOEXEC);
  ::fcntl(slave, F_SETFD, FD_CLOEXEC);
  return {UniqueFd(master), UniqueFd(slave)};
}

std::pair<UniqueFd, UniqueFd> make_socketpair() {
  std::array<int, 2> ends = {};
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0, "socketpair");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Monitored::Monitored(MonitoredOptions options) {
  run_directory_ = options.run_directory.empty() ? directory_.path() : options.run_directory;
  std::vector<Pty> ptys;
  for (unsigned number = 0; number <= options.ttys; ++number) {
    ptys.push_back(make_pty());
    tty_paths_.push_back(::ptsname(ptys.back().master.get()));
  }
  std::array<int, 2> report = {};
  require(::pipe2(report.data(), O_CLOEXEC) == 0, "pipe2");
  std::fflush(nullptr);
  monitor_ = ::fork();
  if (monitor_ == 0) be_starter(options, report[1], std::move(ptys));
  ::close(report[1]);
  // init's pid, then the end of file that the exec makes.
  const std::string text = read_bytes(report[0], sizeof init_ + 1);
  ::close(report[0]);
  require(text.size() == sizeof init_, "the monitor did not start");
  std::memcpy(&init_, text.data(), sizeof init_);
}

void Monitored::be_starter(const MonitoredOptions& options, int report, std::vector<Pty> ptys) const {
  core::Kernel& kernel = core::real_kernel();
  core::MonitorHandover handover;
  handover.program = LXCX_MONITOR_PROGRAM;
  handover.title = "[lxc monitor] /var/lib/lxc web";
  handover.run_directory = run_directory_;
  handover.init = fork_init(options, ptys[0].slave.get());
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, handover.init, 0)));
  const UniqueFd run_directory(::open(run_directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  Result<UniqueFd> control = core::make_control_socket(kernel, run_directory.get());
  if (!control || !pidfd) ::_exit(99);
  handover.init_pidfd = pidfd.get();
  handover.control_fd = control->get();
  handover.console_master = options.console ? ptys[0].master.get() : -1;
  handover.console_peer = options.peer;
  handover.console_log = options.log;
  handover.console_log_size = options.log_size;
  handover.console_rotate = options.rotate;
  handover.console_buffer_size = options.buffer_size;
  handover.foreground = options.foreground;
  for (std::size_t tty = 1; tty < ptys.size(); ++tty) handover.tty_masters.push_back(ptys[tty].master.get());
  if (options.listener >= 0) handover.seccomp_listeners.push_back(options.listener);
  handover.notify_proxy = options.notify_proxy;
  handover.notify_cookie = options.notify_cookie;
  handover.notify_timeout_ms = options.notify_timeout_ms;
  handover.log_file = options.log_file;
  handover.log_name = "lxcx web";
  handover.teardown = options.teardown;
  if (handover.teardown.empty()) handover.teardown = {"/bin/sh", "-c", "touch \"$0\"", file("torn-down")};
  (void)!::write(report, &handover.init, sizeof handover.init);
  const Result<void> failed = core::become_monitor(kernel, handover);
  std::fprintf(stderr, "become_monitor: %s\n", failed.error().message.c_str());
  (void)!::write(report, "!", 1);
  ::kill(handover.init, SIGKILL);
  ::_exit(98);
}

Monitored::~Monitored() {
  if (waited_ || monitor_ <= 0) return;
  ::kill(init_, SIGKILL);
  (void)wait();
}

int Monitored::wait() {
  int status = -1;
  const bool ended = eventually([&] { return ::waitpid(monitor_, &status, WNOHANG) == monitor_; });
  if (!ended) {
    ::kill(monitor_, SIGKILL);
    ::waitpid(monitor_, &status, 0);
  }
  waited_ = true;
  return ended ? status : -1;
}

Result<core::ControlClient> Monitored::connect() const {
  const UniqueFd run_directory(::open(run_directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return core::ControlClient::connect(core::real_kernel(), run_directory.get());
}

UniqueFd Monitored::connect_raw() const {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, file("control").c_str(), sizeof address.sun_path - 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) socket.reset();
  return socket;
}

std::string Monitored::activity() const {
  const std::string proc = "/proc/" + std::to_string(monitor_);
  std::istringstream status(read_file(proc + "/status"));
  std::string found;
  for (std::string line; std::getline(status, line);) {
    if (line.find("ctxt_switches") != std::string::npos) found += line + "\n";
  }
  return found + read_file(proc + "/schedstat");  // a busy loop is never switched out by itself
}

}  // namespace lxcx::test
