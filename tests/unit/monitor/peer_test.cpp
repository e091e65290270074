// SPDX-License-Identifier: Apache-2.0
// Who may talk to a monitor. Needs root, to be somebody else.
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "monitored.hpp"

using namespace lxcx;
using namespace lxcx::test;

TEST_CASE("another user is told no, even one who reached the socket", "[root]") {
  if (::geteuid() != 0) {
    std::cout << "skipped: needs root to become another user\n";
    std::exit(77);
  }
  MonitoredOptions options;
  options.init = []() -> int {
    for (;;) ::pause();
  };
  Monitored monitored(options);
  REQUIRE(monitored.connect()->ping());
  ::chmod(monitored.run_directory().c_str(), 0777);
  ::chmod(monitored.file("control").c_str(), 0777);
  const pid_t other = ::fork();
  if (other == 0) {
    constexpr uid_t nobody = 65534;
    if (::setgroups(0, nullptr) != 0 || ::setresgid(nobody, nobody, nobody) != 0 || ::setresuid(nobody, nobody, nobody) != 0) ::_exit(1);
    auto client = monitored.connect();
    if (!client) ::_exit(2);
    const auto answer = client->ping();
    ::_exit(answer ? 3 : static_cast<int>(answer.error().code) + 100);
  }
  int status = 0;
  ::waitpid(other, &status, 0);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 100 + static_cast<int>(Code::denied));
  CHECK(monitored.connect()->ping());
}
