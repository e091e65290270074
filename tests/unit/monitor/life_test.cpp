// SPDX-License-Identifier: Apache-2.0
// From init's run to the teardown.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "monitored.hpp"

using namespace lxcx;
using namespace lxcx::test;

namespace {

int sleep_for_ever() {
  for (;;) ::pause();
}

volatile sig_atomic_t caught = 0;

/// Ends with the number of the first of these signals.
int end_with_signal() {
  for (const int signal : {SIGHUP, SIGTERM, SIGUSR1, SIGINT, SIGPWR, SIGRTMIN + 3}) ::signal(signal, [](int number) { caught = number; });
  (void)!::write(1, "ready", 5);
  while (caught == 0) ::usleep(1000);
  return caught;
}

}  // namespace

TEST_CASE("init's exit code is noted before the teardown, which is the same process", "[monitor]") {
  MonitoredOptions options;
  options.init = [] { return 7; };
  TemporaryDirectory directory;
  options.run_directory = directory.path();
  options.teardown = {"/bin/sh", "-c", "cat " + directory.file("exit") + " > " + directory.file("seen") + "; exit 5"};
  Monitored monitored(options);
  const int status = monitored.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 5);
  CHECK(read_file(directory.file("seen")) == "status 1792\n");
  CHECK_FALSE(exists(directory.file("exit.new")));
}

TEST_CASE("the signal that ended init is noted", "[monitor]") {
  MonitoredOptions options;
  options.init = sleep_for_ever;
  Monitored monitored(options);
  ::kill(monitored.init(), SIGKILL);
  CHECK(monitored.wait() == 0);
  CHECK(read_file(monitored.file("exit")) == "status 9\n");
  CHECK(exists(monitored.file("torn-down")));
}

TEST_CASE("an adopted init's end is noticed too", "[monitor]") {
  MonitoredOptions options;
  options.init = sleep_for_ever;
  options.adopted = true;
  Monitored monitored(options);
  ::kill(monitored.init(), SIGKILL);
  CHECK(monitored.wait() == 0);
  const std::string noted = read_file(monitored.file("exit"));
  CHECK((noted == "status 9\n" || noted == "status -1\n"));  // since Linux 6.15 the pidfd tells
  CHECK(exists(monitored.file("torn-down")));
}

TEST_CASE("without a teardown to exec the run directory stays for the next command", "[monitor]") {
  MonitoredOptions options;
  options.init = [] { return 0; };
  options.teardown = {"/nonexistent/lxcx", "--internal-teardown"};
  Monitored monitored(options);
  const int status = monitored.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 111);
  CHECK(read_file(monitored.file("exit")) == "status 0\n");
  CHECK(exists(monitored.file("control")));
}

TEST_CASE("the teardown gets no descriptor, no blocked and no ignored signal", "[monitor]") {
  TemporaryDirectory directory;
  MonitoredOptions options;
  options.init = [] { return 0; };
  options.ttys = 2;
  options.log = directory.file("console.log");
  options.run_directory = directory.path();
  // The shell's own directory is closed again when it looks at what it found there.
  options.teardown = {"/bin/sh", "-c",
                      "for fd in /proc/$$/fd/*; do test -e $fd && echo ${fd##*/}; done > " + directory.file("fds") +
                          "; exec grep -E 'Sig(Blk|Ign)' /proc/self/status > " + directory.file("signals")};
  Monitored monitored(options);
  CHECK(monitored.wait() == 0);
  const std::string fds = read_file(directory.file("fds"));
  CHECK((fds == "0\n1\n2\n" || fds == "0\n1\n10\n2\n"));  // 10: where dash keeps its output during a redirection
  CHECK(read_file(directory.file("signals")) == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("signals reach init, and SIGHUP as SIGTERM", "[monitor]") {
  const auto [sent, received] = GENERATE(std::pair(SIGHUP, SIGTERM), std::pair(SIGTERM, SIGTERM), std::pair(SIGUSR1, SIGUSR1),
                                         std::pair(SIGPWR, SIGPWR), std::pair(SIGRTMIN + 3, SIGRTMIN + 3));
  auto [mine, peer] = make_socketpair();
  MonitoredOptions options;
  options.init = end_with_signal;
  options.peer = peer.get();
  Monitored monitored(options);
  REQUIRE(read_bytes(mine.get(), 5) == "ready");
  ::kill(monitored.monitor(), sent);
  CHECK(monitored.wait() == 0);
  CHECK(read_file(monitored.file("exit")) == "status " + std::to_string(received << 8) + "\n");
}

TEST_CASE("SIGPIPE, SIGWINCH and SIGCHLD are the monitor's own", "[monitor]") {
  MonitoredOptions options;
  options.init = sleep_for_ever;
  Monitored monitored(options);
  for (const int signal : {SIGPIPE, SIGWINCH, SIGCHLD, SIGTTOU}) ::kill(monitored.monitor(), signal);
  auto client = monitored.connect();
  REQUIRE(client);
  CHECK(client->ping());
  CHECK(::kill(monitored.init(), 0) == 0);
}

TEST_CASE("the process is called what ps users look for", "[monitor]") {
  MonitoredOptions options;
  options.init = sleep_for_ever;
  Monitored monitored(options);
  const std::string proc = "/proc/" + std::to_string(monitored.monitor());
  const std::string title = "[lxc monitor] /var/lib/lxc web";
  CHECK(eventually([&] { return read_file(proc + "/cmdline") == title + '\0'; }));
  CHECK(read_file(proc + "/comm") == "lxcx-monitor\n");
}
