// SPDX-License-Identifier: Apache-2.0
// `lxcx console`, with a pty for the user's terminal.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "monitored.hpp"

using namespace lxcx;
using namespace lxcx::test;

namespace {

constexpr char prefix = 1;
constexpr int left = 10, ended = 11, failed = 12;

int echo_for_ever() {
  char bytes[256];
  for (ssize_t got = 0; (got = ::read(0, bytes, sizeof bytes)) > 0;) {
    if (bytes[0] == 'X') return 0;
    write_bytes(1, std::string_view(bytes, static_cast<std::size_t>(got)));
  }
  return 0;
}

/// A process in relay_console(); it ends with `left`, `ended` or `failed`.
class User {
 public:
  /// `not_its` are the test's own ends, which would otherwise live on in the copy.
  User(const Monitored& monitored, int tty, int in, int out, const std::vector<int>& not_its = {}) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    for (const int fd : not_its) ::close(fd);
    auto client = monitored.connect();
    if (!client) ::_exit(failed);
    auto allocated = client->allocate_tty(tty);
    if (!allocated) ::_exit(failed);
    const Result<bool> result = core::relay_console(core::real_kernel(), *allocated, in, out, prefix);
    ::_exit(!result ? failed : *result ? left : ended);
  }
  ~User() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  User(const User&) = delete;
  User& operator=(const User&) = delete;
  pid_t pid() const { return pid_; }
  int wait() {
    int status = 0;
    if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
};

struct Terminal : Pty {
  Terminal() : Pty(make_pty()) {
    ::tcgetattr(slave.get(), &settings);
    settings.c_lflag |= ICANON | ECHO | ISIG;
    settings.c_oflag |= OPOST | ONLCR;
    ::tcsetattr(slave.get(), TCSANOW, &settings);
  }
  bool is_raw() const {
    termios now = {};
    ::tcgetattr(slave.get(), &now);
    return (now.c_lflag & (ICANON | ECHO | ISIG)) == 0;
  }
  bool is_as_before() const {
    termios now = {};
    ::tcgetattr(slave.get(), &now);
    return now.c_lflag == settings.c_lflag && now.c_oflag == settings.c_oflag && now.c_iflag == settings.c_iflag &&
           (::fcntl(slave.get(), F_GETFL) & O_NONBLOCK) == 0;
  }
  termios settings = {};
};

MonitoredOptions echoing() {
  MonitoredOptions options;
  options.init = echo_for_ever;
  options.ttys = 1;
  return options;
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends = {};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    out = core::UniqueFd(ends[0]);
    in = core::UniqueFd(ends[1]);
  }
  core::UniqueFd out, in;
};

}  // namespace

TEST_CASE("the user types, sees, leaves, and has the terminal back", "[relay]") {
  Monitored monitored(echoing());
  Terminal terminal;
  User user(monitored, 0, terminal.slave.get(), terminal.slave.get());
  REQUIRE(eventually([&] { return terminal.is_raw(); }));
  write_bytes(terminal.master.get(), "hello\x03");
  CHECK(read_bytes(terminal.master.get(), 6) == "hello\x03");
  write_bytes(terminal.master.get(), "\1\1");
  CHECK(read_bytes(terminal.master.get(), 1) == "\1");
  write_bytes(terminal.master.get(), "\1q");
  CHECK(user.wait() == left);
  CHECK(terminal.is_as_before());
}

TEST_CASE("the terminal is given back when a signal ends it", "[relay]") {
  const int signal = GENERATE(SIGTERM, SIGHUP, SIGINT);
  Monitored monitored(echoing());
  Terminal terminal;
  User user(monitored, 0, terminal.slave.get(), terminal.slave.get());
  REQUIRE(eventually([&] { return terminal.is_raw(); }));
  ::kill(user.pid(), signal);
  CHECK(user.wait() == left);
  CHECK(terminal.is_as_before());
}

TEST_CASE("the container's end is told from the user's leaving", "[relay]") {
  const int tty = GENERATE(0, 1);
  Monitored monitored(echoing());
  Terminal terminal;
  User user(monitored, tty, terminal.slave.get(), terminal.slave.get());
  REQUIRE(eventually([&] { return terminal.is_raw(); }));
  ::kill(monitored.init(), SIGKILL);
  CHECK(monitored.wait() == 0);
  CHECK(user.wait() == ended);
  CHECK(terminal.is_as_before());
}

TEST_CASE("a tty outlives the logins on it", "[relay]") {
  Monitored monitored(echoing());
  Terminal terminal;
  User user(monitored, 1, terminal.slave.get(), terminal.slave.get());
  REQUIRE(eventually([&] { return terminal.is_raw(); }));
  for (const std::string text : {"login: ", "again: "}) {
    const core::UniqueFd getty(::open(monitored.tty_path(1).c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    write_bytes(getty.get(), text);
    CHECK(read_bytes(terminal.master.get(), text.size()) == text);
  }
  write_bytes(terminal.master.get(), "\1q");
  CHECK(user.wait() == left);
}

TEST_CASE("the window's size follows, on the console and on a tty", "[relay]") {
  const int tty = GENERATE(0, 1);
  Monitored monitored(echoing());
  Terminal terminal;
  const winsize first = {30, 100, 0, 0}, second = {50, 132, 0, 0};
  ::ioctl(terminal.master.get(), TIOCSWINSZ, &first);
  const core::UniqueFd inside(::open(monitored.tty_path(static_cast<unsigned>(tty)).c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  const auto is = [&](const winsize& wanted) {
    winsize size = {};
    ::ioctl(inside.get(), TIOCGWINSZ, &size);
    return size.ws_row == wanted.ws_row && size.ws_col == wanted.ws_col;
  };
  User user(monitored, tty, terminal.slave.get(), terminal.slave.get());
  CHECK(eventually([&] { return is(first); }));
  ::ioctl(terminal.master.get(), TIOCSWINSZ, &second);
  ::kill(user.pid(), SIGWINCH);
  CHECK(eventually([&] { return is(second); }));
}

TEST_CASE("a pipe is relayed whole, and its end ends it", "[relay]") {
  MonitoredOptions options = echoing();
  options.buffer_size = 1024 * 1024;
  options.init = [] {
    const bool whole = read_bytes(0, 500000) == std::string(500000, 'y');
    write_bytes(1, whole ? "whole" : "broken");
    return echo_for_ever();
  };
  Monitored monitored(options);
  Pipe in, out;
  User user(monitored, 0, in.out.get(), out.in.get(), {in.in.get(), out.out.get()});
  write_bytes(in.in.get(), std::string(500000, 'y'));
  CHECK(read_bytes(out.out.get(), 5) == "whole");
  in.in.reset();
  CHECK(user.wait() == left);
}

TEST_CASE("a user whose output was closed leaves", "[relay]") {
  Monitored monitored(echoing());
  Pipe in, out;
  User user(monitored, 0, in.out.get(), out.in.get(), {in.in.get(), out.out.get()});
  out.out.reset();
  out.in.reset();
  write_bytes(in.in.get(), "hello");
  CHECK(user.wait() == left);
}

TEST_CASE("the escape works on a console that takes nothing", "[relay]") {
  MonitoredOptions options = echoing();
  options.init = []() -> int {
    for (;;) ::pause();
  };
  Monitored monitored(options);
  Terminal terminal;
  User user(monitored, 1, terminal.slave.get(), terminal.slave.get());
  const core::UniqueFd getty(::open(monitored.tty_path(1).c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));  // which never reads
  REQUIRE(eventually([&] { return terminal.is_raw(); }));
  write_bytes(terminal.master.get(), std::string(30000, 'z'));
  write_bytes(terminal.master.get(), "\1q");
  CHECK(user.wait() == left);
  CHECK(terminal.is_as_before());
}

TEST_CASE("the escape works in a flood", "[relay]") {
  MonitoredOptions options = echoing();
  options.init = []() -> int {
    for (;;) write_bytes(1, std::string(4096, 'f'));
  };
  Monitored monitored(options);
  Terminal terminal;
  User user(monitored, 0, terminal.slave.get(), terminal.slave.get());
  CHECK(read_bytes(terminal.master.get(), 100000).find_first_not_of('f') == std::string::npos);
  write_bytes(terminal.master.get(), "\1q");
  CHECK(user.wait() == left);
  CHECK(terminal.is_as_before());
}
