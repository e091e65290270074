// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/faulty_kernel.hpp"

#include <fcntl.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "temporary_directory.hpp"

using namespace lxcx;
using namespace lxcx::core;

TEST_CASE("the n-th call fails, with its name kept, and no other", "[faulty_kernel]") {
  const long nth = GENERATE(range(1, 5));
  FaultRecord& record = **map_fault_record(nullptr);
  FaultyKernel kernel(real_kernel(), record, nth, ENOSPC);
  const char* const names[] = {"openat", "fstat", "dup", "poll"};
  const auto file = kernel.openat(AT_FDCWD, "/", O_PATH, 0);
  const auto status = kernel.fstat(0);
  const auto copy = kernel.dup(0);
  const auto ready = kernel.poll({}, 0);
  const bool failed[] = {!file, !status, !copy, !ready};
  for (long i = 0; i < 4; ++i) CHECK(failed[i] == (i + 1 == nth));
  CHECK(record.calls == 4);
  CHECK(record.has_failed);
  CHECK(std::string(record.failed_call.data()) == names[nth - 1]);
  if (!file) CHECK(file.error().sys_errno == ENOSPC);
}

TEST_CASE("nothing fails when n is zero, and every call counts", "[faulty_kernel]") {
  FaultRecord& record = **map_fault_record(nullptr);
  FaultyKernel kernel(real_kernel(), record, 0, EIO);
  for (int i = 0; i < 10; ++i) CHECK(kernel.fstat(0));
  CHECK(record.calls == 10);
  CHECK_FALSE(record.has_failed);
}

TEST_CASE("a forked child counts on", "[faulty_kernel]") {
  FaultRecord& record = **map_fault_record(nullptr);
  FaultyKernel kernel(real_kernel(), record, 4, EIO);
  REQUIRE(kernel.fstat(0));          // 1
  const auto child = kernel.fork();  // 2
  REQUIRE(child);
  if (*child == 0) ::_exit(kernel.fstat(0) && !kernel.fstat(0) ? 0 : 1);  // 3, and 4 fails
  const auto ended = real_kernel().wait_pid(*child);
  REQUIRE(ended);
  CHECK(ended->as_shell() == 0);
  CHECK(record.calls == 4);
  CHECK(record.failed_pid == *child);
  CHECK(kernel.fstat(0));  // 5: it failed once
}

TEST_CASE("a record in a file is shared with whoever maps it", "[faulty_kernel]") {
  test::TemporaryDirectory directory;
  const std::string path = directory / "faults";
  FaultRecord& here = **map_fault_record(path.c_str());
  FaultyKernel kernel(real_kernel(), here, 0, EIO);
  REQUIRE(kernel.fstat(0));
  FaultRecord& there = **map_fault_record(path.c_str());
  CHECK(there.calls == 1);
}
