// SPDX-License-Identifier: Apache-2.0
// What a monitor costs while nothing happens.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <memory>
#include <sstream>

#include "monitored.hpp"

using namespace lxcx;
using namespace lxcx::test;

namespace {

int sleep_for_ever() {
  for (;;) ::pause();
}

int close_console_and_sleep() {
  for (int fd = 0; fd < 3; ++fd) ::close(fd);
  return sleep_for_ever();
}

std::unique_ptr<Monitored> idle(std::function<int()> init, int peer) {
  MonitoredOptions options;
  options.init = std::move(init);
  options.peer = peer;
  options.ttys = 4;
  return std::make_unique<Monitored>(std::move(options));
}

/// What one more monitor takes: the pages that are its own. Those of the program's file it shares with the others.
unsigned long anonymous_kib(pid_t pid) {
  std::istringstream rollup(read_file("/proc/" + std::to_string(pid) + "/smaps_rollup"));
  for (std::string line; std::getline(rollup, line);) {
    if (line.starts_with("Anonymous:")) return std::stoul(line.substr(line.find(':') + 1));
  }
  return 0;
}

}  // namespace

TEST_CASE("an idle monitor does not wake", "[cost]") {
  auto [mine, peer] = make_socketpair();
  std::unique_ptr<Monitored> monitored;
  SECTION("with the console open") { monitored = idle(sleep_for_ever, -1); }
  SECTION("with the console closed by everybody") { monitored = idle(close_console_and_sleep, -1); }
  SECTION("with a peer") { monitored = idle(sleep_for_ever, peer.get()); }
  SECTION("with a peer that has gone") {
    monitored = idle(sleep_for_ever, peer.get());
    peer.reset();
    mine.reset();
  }
  auto client = monitored->connect();
  REQUIRE(client);
  REQUIRE(client->ping());
  ::usleep(300000);
  const std::string before = monitored->activity();
  ::usleep(1000000);
  CHECK(monitored->activity() == before);
  CHECK(before.starts_with("voluntary_ctxt_switches"));
}

TEST_CASE("a monitor's private memory fits 100 KiB", "[cost]") {
  const auto monitored = idle(sleep_for_ever, -1);
  REQUIRE(monitored->connect()->ping());
  const unsigned long kib = anonymous_kib(monitored->monitor());
  std::cout << "monitor: " << kib << " KiB private\n";
  CHECK(kib > 0);
  CHECK(kib <= 100);
}
