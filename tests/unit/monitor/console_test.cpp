// SPDX-License-Identifier: Apache-2.0
// The console between init and its readers.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "monitored.hpp"

using namespace lxcx;
using namespace lxcx::test;

namespace {

constexpr std::size_t flood = 10 * 1024 * 1024;

/// A stream in which a lost, doubled or moved byte shows.
std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 12345;
  for (char& byte : text) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return text;
}

int write_flood() {
  write_bytes(1, pattern(flood));
  return 0;
}

/// 0 when the flood came in whole.
int read_flood() { return read_bytes(0, flood) == pattern(flood) ? 0 : 1; }

int echo_for_ever() {
  char bytes[256];
  for (ssize_t got = 0; (got = ::read(0, bytes, sizeof bytes)) > 0;) write_bytes(1, std::string_view(bytes, static_cast<std::size_t>(got)));
  return 0;
}

std::string exit_of(const Monitored& monitored) { return read_file(monitored.file("exit")); }

}  // namespace

TEST_CASE("a flood reaches the peer whole", "[console]") {
  MonitoredOptions options;
  options.init = write_flood;
  SECTION("a socket") {
    auto [mine, peer] = make_socketpair();
    options.peer = peer.get();
    Monitored monitored(options);
    peer.reset();
    CHECK((read_bytes(mine.get(), flood) == pattern(flood)));
    CHECK(monitored.wait() == 0);
  }
  SECTION("a terminal") {
    Pty terminal = make_pty();
    options.peer = terminal.slave.get();
    options.foreground = true;
    Monitored monitored(options);
    CHECK((read_bytes(terminal.master.get(), flood) == pattern(flood)));
    CHECK(monitored.wait() == 0);
  }
  SECTION("a file") {
    TemporaryDirectory directory;
    const core::UniqueFd file(::open(directory.file("out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    options.peer = file.get();
    Monitored monitored(options);
    CHECK(monitored.wait() == 0);
    CHECK((read_file(directory.file("out")) == pattern(flood)));
  }
}

TEST_CASE("a flood from the peer reaches init whole", "[console]") {
  auto [mine, peer] = make_socketpair();
  MonitoredOptions options;
  options.init = read_flood;
  options.peer = peer.get();
  Monitored monitored(options);
  write_bytes(mine.get(), pattern(flood));
  CHECK(monitored.wait() == 0);
  CHECK(exit_of(monitored) == "status 0\n");
}

TEST_CASE("floods in both directions at once do not get into each other's way", "[console]") {
  auto [mine, peer] = make_socketpair();
  MonitoredOptions options;
  options.init = [] {
    std::thread writer(write_flood);
    const int result = read_flood();
    writer.join();
    return result;
  };
  options.peer = peer.get();
  Monitored monitored(options);
  std::thread writer([&fd = mine] { write_bytes(fd.get(), pattern(flood)); });
  const bool whole = read_bytes(mine.get(), flood) == pattern(flood);
  writer.join();
  CHECK(whole);
  CHECK(monitored.wait() == 0);
  CHECK(exit_of(monitored) == "status 0\n");
}

TEST_CASE("a flood reaches a client of the control socket whole", "[console]") {
  MonitoredOptions options;
  options.init = [] { return read_bytes(0, 1) == "g" ? write_flood() : 1; };
  Monitored monitored(options);
  auto client = monitored.connect();
  REQUIRE(client);
  auto console = client->allocate_tty(0);
  REQUIRE(console);
  write_bytes(console->master.get(), "g");
  CHECK((read_bytes(console->master.get(), flood) == pattern(flood)));
  CHECK(read_bytes(console->master.get(), 1).empty());  // the end of the container is the end of file
  CHECK(monitored.wait() == 0);
}

TEST_CASE("init never blocks on a console that nobody reads", "[console]") {
  MonitoredOptions options;
  options.init = write_flood;
  Monitored monitored(options);
  CHECK(monitored.wait() == 0);
  CHECK(exit_of(monitored) == "status 0\n");
}

TEST_CASE("a peer that goes away does not take the container with it", "[console]") {
  MonitoredOptions options;
  options.init = [] {
    (void)read_bytes(0, 1);
    return write_flood();
  };
  SECTION("a socket") {
    auto [mine, peer] = make_socketpair();
    options.peer = peer.get();
    Monitored monitored(options);
    peer.reset();
    write_bytes(mine.get(), "g");
    (void)read_bytes(mine.get(), 1000);
    mine.reset();
    CHECK(monitored.wait() == 0);
    CHECK(exit_of(monitored) == "status 0\n");
  }
  SECTION("a terminal") {
    Pty terminal = make_pty();
    options.peer = terminal.slave.get();
    Monitored monitored(options);
    terminal.slave.reset();
    write_bytes(terminal.master.get(), "g");
    (void)read_bytes(terminal.master.get(), 1000);
    terminal.master.reset();
    CHECK(monitored.wait() == 0);
    CHECK(exit_of(monitored) == "status 0\n");
  }
}

TEST_CASE("a peer that stops reading is passed over, and told how much it missed", "[console]") {
  auto [mine, peer] = make_socketpair();
  MonitoredOptions options;
  options.init = [] {
    const int result = write_flood();
    (void)read_bytes(0, 1);
    write_bytes(1, "afterwards");
    return result;
  };
  options.peer = peer.get();
  options.buffer_size = 4096;
  Monitored monitored(options);
  auto client = monitored.connect();
  REQUIRE(client);
  const std::string end_of_flood = pattern(flood).substr(flood - 4096);
  CHECK(eventually([&] { return client->console_buffer(false).value_or("") == end_of_flood; }));  // init has written it all
  const std::string seen = read_until(mine.get(), " bytes lost here]\r\n");
  const std::size_t notice = seen.find("\r\n[lxcx: ");
  REQUIRE(notice != std::string::npos);
  CHECK((seen.substr(0, notice) == pattern(flood).substr(0, notice)));
  CHECK(std::stoul(seen.substr(notice + 9)) == flood - notice);
  write_bytes(mine.get(), "g");
  CHECK(read_bytes(mine.get(), 10) == "afterwards");
  ::kill(monitored.init(), SIGKILL);
  CHECK(monitored.wait() == 0);
}

TEST_CASE("the user's terminal is raw in the foreground, keeps its flags, and is given back", "[console]") {
  Pty terminal = make_pty();
  termios cooked = {};
  ::tcgetattr(terminal.slave.get(), &cooked);
  cooked.c_lflag |= ICANON | ECHO | ISIG;
  cooked.c_oflag |= OPOST;
  ::tcsetattr(terminal.slave.get(), TCSANOW, &cooked);
  MonitoredOptions options;
  options.init = echo_for_ever;
  options.peer = terminal.slave.get();
  options.foreground = true;
  Monitored monitored(options);
  termios now = {};
  CHECK(eventually([&] {
    ::tcgetattr(terminal.slave.get(), &now);
    return (now.c_lflag & (ICANON | ECHO | ISIG)) == 0;
  }));
  write_bytes(terminal.master.get(), "\x03");  // Ctrl-C is a byte for the console
  CHECK(read_bytes(terminal.master.get(), 1) == "\x03");
  CHECK((::fcntl(terminal.slave.get(), F_GETFL) & O_NONBLOCK) == 0);  // it is the shell's too
  ::kill(monitored.init(), SIGKILL);
  CHECK(monitored.wait() == 0);
  ::tcgetattr(terminal.slave.get(), &now);
  CHECK(now.c_lflag == cooked.c_lflag);
  CHECK(now.c_oflag == cooked.c_oflag);
}

TEST_CASE("the console is as large as the user's terminal, and stays so", "[console]") {
  Pty terminal = make_pty();
  const winsize first = {30, 100, 0, 0}, second = {50, 132, 0, 0};
  ::ioctl(terminal.master.get(), TIOCSWINSZ, &first);
  MonitoredOptions options;
  options.init = echo_for_ever;
  options.peer = terminal.slave.get();
  options.foreground = true;
  Monitored monitored(options);
  const core::UniqueFd console(::open(monitored.tty_path(0).c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  const auto is = [&](const winsize& wanted) {
    winsize size = {};
    ::ioctl(console.get(), TIOCGWINSZ, &size);
    return size.ws_row == wanted.ws_row && size.ws_col == wanted.ws_col;
  };
  CHECK(eventually([&] { return is(first); }));
  ::ioctl(terminal.master.get(), TIOCSWINSZ, &second);
  ::kill(monitored.monitor(), SIGWINCH);
  CHECK(eventually([&] { return is(second); }));
}

TEST_CASE("a client sees the buffer first, then the console live, and types into it", "[console]") {
  MonitoredOptions options;
  options.init = [] {
    write_bytes(1, "booted\n");
    return echo_for_ever();
  };
  options.buffer_size = 4096;
  Monitored monitored(options);
  auto client = monitored.connect();
  REQUIRE(client);
  CHECK(eventually([&] { return client->console_buffer(false).value_or("") == "booted\n"; }));
  auto console = client->allocate_tty(0);
  REQUIRE(console);
  CHECK(console->number == 0);
  CHECK(read_bytes(console->master.get(), 7) == "booted\n");
  write_bytes(console->master.get(), "hello");
  CHECK(read_bytes(console->master.get(), 5) == "hello");
  CHECK(client->console_buffer(true).value_or("") == "booted\nhello");
  CHECK(client->console_buffer(false).value_or("?").empty());
}

TEST_CASE("a console closed and opened again by init goes on", "[console]") {
  MonitoredOptions options;
  options.init = [] {
    const std::string path = ::ttyname(0);
    for (int fd = 0; fd < 3; ++fd) ::close(fd);
    ::usleep(200000);
    ::open(path.c_str(), O_RDWR | O_NOCTTY);
    ::dup2(0, 1);
    write_bytes(1, "again");
    return echo_for_ever();
  };
  auto [mine, peer] = make_socketpair();
  options.peer = peer.get();
  Monitored monitored(options);
  CHECK(read_bytes(mine.get(), 5) == "again");
  write_bytes(mine.get(), "echo");
  CHECK(read_bytes(mine.get(), 4) == "echo");
}

TEST_CASE("what init wrote last is shown before the teardown", "[console]") {
  auto [mine, peer] = make_socketpair();
  MonitoredOptions options;
  options.init = [] {
    write_bytes(1, "last words");
    return 0;
  };
  options.peer = peer.get();
  Monitored monitored(options);
  peer.reset();
  CHECK(monitored.wait() == 0);
  CHECK(read_bytes(mine.get(), 100) == "last words");
}

TEST_CASE("what is on its way to a slow reader when init ends still arrives", "[console]") {
  TemporaryDirectory directory;
  const std::string count = directory.file("count");
  MonitoredOptions options;
  options.init = [&] {
    const std::string text = pattern(flood);
    ::fcntl(1, F_SETFL, O_RDWR | O_NONBLOCK);
    std::size_t written = 0;
    for (int full = 0; full < 20; ++full) {  // until it has been full for a while
      for (ssize_t got = 0; (got = ::write(1, text.data() + written, 1000)) > 0; full = 0) written += static_cast<std::size_t>(got);
      ::usleep(10000);
    }
    write_file(count, std::to_string(written));
    return 0;
  };
  auto [mine, peer] = make_socketpair();
  options.peer = peer.get();
  Monitored monitored(options);
  peer.reset();
  REQUIRE(eventually([&] { return ::kill(monitored.init(), 0) != 0; }));  // ended, and reaped
  const std::string seen = read_bytes(mine.get(), flood);
  CHECK(seen.size() == std::stoul(read_file(count)));
  CHECK((seen == pattern(flood).substr(0, seen.size())));
  CHECK(monitored.wait() == 0);
}
