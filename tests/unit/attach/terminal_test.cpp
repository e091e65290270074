// SPDX-License-Identifier: Apache-2.0
// attach from a terminal: the test holds the master of the pty that is the caller's terminal.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "test_container.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

struct Session {
  int master = -1;
  pid_t child = -1;
  int status = -1;
  std::string output;

  Session(const EnterTarget& target, const EnterOptions& options) {
    winsize size{40, 123, 0, 0};
    child = ::forkpty(&master, nullptr, nullptr, &size);
    if (child == 0) {
      ::alarm(20);
      const auto entered = enter_container(real_kernel(), Log::none(), target, options);
      ::_exit(entered.value_or(99));
    }
  }
  ~Session() {
    if (status < 0) ::kill(child, SIGKILL);
    ::close(master);
  }
  bool wait_for(const std::string& text) {
    for (int i = 0; i < 500 && output.find(text) == std::string::npos; ++i) read_some(20);
    return output.find(text) != std::string::npos;
  }
  void type(const std::string& keys) { (void)!::write(master, keys.data(), keys.size()); }
  int finish() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      read_some(10);
      int raw = 0;
      if (::waitpid(child, &raw, WNOHANG) != child) continue;
      while (read_some(10)) continue;
      return status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 1000 + WTERMSIG(raw);
    }
    return -1;
  }
  bool read_some(int timeout_ms) {
    pollfd watched{master, POLLIN, 0};
    if (::poll(&watched, 1, timeout_ms) <= 0) return false;
    char buffer[4096];
    const ssize_t got = ::read(master, buffer, sizeof buffer);
    if (got > 0) output.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }
};

EnterOptions shell(const std::string& script) {
  EnterOptions options;
  options.command = {"sh", "-c", script};
  return options;
}

}  // namespace

TEST_CASE("from a terminal the command gets one of the container's own, of the same size", "[attach][root]") {
  test::TestContainer container({.user_namespace = GENERATE(false, true)});
  Session session(container.target(), shell("tty; stty size; test -c $(tty) && echo found; echo > /dev/tty && echo controlling"));
  CHECK(session.finish() == 0);
  INFO(session.output);
  CHECK(session.output.find("/dev/pts/0\r\n40 123\r\nfound\r\n") == 0);
  CHECK(session.output.find("controlling") != std::string::npos);
}

TEST_CASE("the terminal belongs to the command's user", "[attach][root]") {
  test::TestContainer container({.user_namespace = true});
  EnterOptions options = shell("ls -ln $(tty)");
  options.uid = 1000;
  Session session(container.target(), options);
  CHECK(session.finish() == 0);
  CHECK(session.output.find(" 1000 ") != std::string::npos);
}

TEST_CASE("keys reach the command unchanged, Ctrl-C interrupts it and not attach", "[attach][root]") {
  test::TestContainer container;
  Session session(container.target(), shell("trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 1; done"));
  REQUIRE(session.wait_for("ready"));
  session.type("\x03");
  CHECK(session.finish() == 5);
  CHECK(session.output.find("caught") != std::string::npos);
}

TEST_CASE("a resize is passed on", "[attach][root]") {
  test::TestContainer container;
  Session session(container.target(), shell("trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 1 & wait; done"));
  REQUIRE(session.wait_for("ready"));
  winsize size{50, 77, 0, 0};
  REQUIRE(::ioctl(session.master, TIOCSWINSZ, &size) == 0);
  CHECK(session.finish() == 0);
  CHECK(session.output.find("50 77") != std::string::npos);
}

TEST_CASE("output is never cut, however much there is", "[attach][root]") {
  test::TestContainer container;
  Session session(container.target(), shell("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo the end"));
  CHECK(session.finish() == 0);
  CHECK(session.output.find("line 19999\r\nthe end\r\n") != std::string::npos);
  CHECK(std::count(session.output.begin(), session.output.end(), '\n') == 20001);
}

TEST_CASE("the caller's terminal is as before, afterwards", "[attach][root]") {
  test::TestContainer container;
  Session session(container.target(), shell("echo raw; sleep 1"));
  termios before{}, during{}, after{};
  ::tcgetattr(session.master, &before);
  REQUIRE(session.wait_for("raw"));
  ::tcgetattr(session.master, &during);
  CHECK((during.c_lflag & ECHO) == 0);
  CHECK(session.finish() == 0);
  ::tcgetattr(session.master, &after);
  CHECK((after.c_lflag & ECHO) != 0);
}

TEST_CASE("without a terminal of its own the command still never sees the caller's", "[attach][root]") {
  // CVE-2016-10124: there is nothing to push input into.
  test::TestContainer container;
  EnterOptions options =
      shell("for fd in 0 1 2; do test -t $fd && echo terminal $fd; done; (echo x > /dev/tty) 2>/dev/null && echo has tty; echo done");
  options.tty = EnterOptions::Tty::never;
  Session session(container.target(), options);
  CHECK(session.finish() == 0);
  CHECK(session.output.find("terminal") == std::string::npos);
  CHECK(session.output.find("has tty") == std::string::npos);
  CHECK(session.output.find("done") != std::string::npos);
}

TEST_CASE("a devpts that is none is not used", "[attach][root]") {
  test::TestContainer container;
  REQUIRE(test::attach(container.target(), {"sh", "-c", "busybox umount /dev/pts; busybox mkfifo /dev/pts/ptmx"}).status == 0);
  Session session(container.target(), shell("test -t 0 && echo still a terminal"));
  CHECK(session.finish() == 0);
  CHECK(session.output.find("still a terminal") != std::string::npos);
}

TEST_CASE("the log holds what the terminal showed, for root alone", "[attach][root]") {
  test::TestContainer container;
  EnterOptions options = shell("echo logged");
  options.pty_log = container.path("/tmp/log");
  Session session(container.target(), options);
  CHECK(session.finish() == 0);
  std::ifstream log(options.pty_log);
  CHECK(std::string((std::istreambuf_iterator<char>(log)), {}) == "logged\r\n");
  CHECK((std::filesystem::status(options.pty_log).permissions() & std::filesystem::perms(0777)) == std::filesystem::perms(0600));
}
