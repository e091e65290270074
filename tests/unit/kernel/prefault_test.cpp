// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/prefault.hpp"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include <catch2/catch.hpp>

#include "core/kernel/real_kernel.hpp"

namespace {

constexpr std::size_t page = 4096;

bool kernel_populates() {
  void* const place = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool does = ::madvise(place, page, 23 /* MADV_POPULATE_WRITE */) == 0;
  ::munmap(place, page);
  return does;
}

long faults() {
  rusage used = {};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_minflt;
}

/// Faults taken by writing 10 pages of stack below the caller's.
[[gnu::noinline]] long faults_of_stack() {
  std::array<volatile std::byte, 10 * page> room;
  const long before = faults();
  for (std::size_t i = 0; i < room.size(); i += page) room[i] = std::byte{1};
  return faults() - before;
}

/// The same in a process that RealKernel forks; -1 if that went wrong.
int faults_of_child() {
  const lxcx::Result<pid_t> pid = lxcx::core::real_kernel().fork();
  if (pid && *pid == 0) ::_exit(static_cast<int>(std::min(faults_of_stack(), 100L)));
  int status = 0;
  if (!pid || ::waitpid(*pid, &status, 0) != *pid || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a forked child finds the pages of its stack there, once the program asked for that", "[prefault]") {
  if (!kernel_populates()) {
    WARN("skipped: this kernel has no MADV_POPULATE_WRITE (Linux 5.14)");
    return;
  }
  (void)faults_of_stack();  // so that the parent has them, and a child must copy each
  REQUIRE(faults_of_child() >= 9);
  lxcx::core::prefault_program();
  const int left = faults_of_child();
  REQUIRE(left >= 0);
  REQUIRE(left <= 2);
}
