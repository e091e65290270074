// SPDX-License-Identifier: Apache-2.0
#include "core/config/names.hpp"

#include <linux/capability.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

using namespace lxcx;
using namespace lxcx::core;

TEST_CASE("capabilities have the kernel's numbers, both ways", "[config][names]") {
  CHECK(capability_number("chown") == CAP_CHOWN);
  CHECK(capability_number("sys_admin") == CAP_SYS_ADMIN);
  CHECK(capability_number("mknod") == CAP_MKNOD);
  CHECK(capability_number("syslog") == CAP_SYSLOG);
  CHECK(capability_number("checkpoint_restore") == CAP_CHECKPOINT_RESTORE);
  CHECK(capability_names().size() == 41);
  for (int i = 0; i < capability_count; ++i) CHECK(capability_number(capability_name(i)) == i);
  CHECK(capability_name(41).empty());
  CHECK(capability_name(-1).empty());
  for (const char* bad : {"", "cap_chown", "CHOWN", "none", "21"}) CHECK_FALSE(capability_number(bad));
}

TEST_CASE("signals go by number, by name and from either end of the real-time range", "[config][names]") {
  struct Row {
    const char* text;
    int number;
  };
  const Row row = GENERATE(values<Row>({{"SIGPWR", SIGPWR},
                                        {"sigpwr", SIGPWR},
                                        {"SigTerm", SIGTERM},
                                        {"9", 9},
                                        {"0", 0},
                                        {"64", 64},
                                        {"SIGSYS", SIGSYS},
                                        {"SIGCLD", SIGCHLD},
                                        {"SIGIOT", SIGABRT},
                                        {"SIGSTKFLT", SIGSTKFLT}}));
  CAPTURE(row.text);
  CHECK(parse_signal(row.text) == row.number);
  CHECK(parse_signal("SIGRTMIN+3") == SIGRTMIN + 3);
  CHECK(parse_signal("sigrtmin+0") == SIGRTMIN);
  CHECK(parse_signal("SIGRTMAX-1") == SIGRTMAX - 1);
  CHECK(parse_signal("SIGRTMIN+" + std::to_string(SIGRTMAX - SIGRTMIN)) == SIGRTMAX);
}

TEST_CASE("what is no signal is refused with what may have been meant", "[config][names]") {
  for (const char* bad :
       {"", "65", "-1", "SIG", "SIGRTMIN", "SIGRTMAX", "SIGRTMIN-1", "SIGRTMAX+1", "SIGRTMIN+99", "SIGRTMIN+-1", "SIGRTMIN+ 1", "9x", "SIGPWR "}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_signal(bad));
  }
  CHECK(parse_signal("PWR").error().hint == "write SIGPWR");
  CHECK(parse_signal("SIGTREM").error().hint == "did you mean SIGTERM?");
  CHECK(parse_signal("SIGRTMIN").error().hint.find("SIGRTMIN+0") != std::string::npos);
}

TEST_CASE("a signal's name reads back as the signal", "[config][names]") {
  for (int number = 1; number <= SIGRTMAX; ++number) {
    CAPTURE(number, signal_name(number));
    CHECK(parse_signal(signal_name(number)) == number);
  }
}

TEST_CASE("resource limits and architectures go by their usual names", "[config][names]") {
  CHECK(rlimit_number("nofile") == RLIMIT_NOFILE);
  CHECK(rlimit_number("rttime") == RLIMIT_RTTIME);
  CHECK(rlimit_names().size() == 16);
  CHECK_FALSE(rlimit_number("NOFILE"));
  CHECK(architecture_personality("x86_64") == PER_LINUX);
  CHECK(architecture_personality("riscv64") == PER_LINUX);
  CHECK(architecture_personality("i686") == PER_LINUX32);
  CHECK(architecture_personality("armhf") == PER_LINUX32);
  CHECK_FALSE(architecture_personality("vax"));
}
