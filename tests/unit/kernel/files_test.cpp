// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/files.hpp"

#include <fcntl.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "core/kernel/faulty_kernel.hpp"
#include "temporary_directory.hpp"

using namespace lxcx;
using namespace lxcx::core;

TEST_CASE("what is to outlive a power cut is on disk before it has the name, and the name after it", "[files]") {
  test::TemporaryDirectory directory;
  const auto fd = real_kernel().openat(AT_FDCWD, directory.path().c_str(), O_RDONLY | O_DIRECTORY);
  REQUIRE(fd);
  REQUIRE(replace_file_durably(real_kernel(), fd->get(), "file", "old", 0600));
  std::vector<std::string> calls;
  for (long nth = 1;; ++nth) {
    FaultRecord& record = **map_fault_record(nullptr);
    FaultyKernel kernel(real_kernel(), record, nth, EIO);
    const auto done = replace_file_durably(kernel, fd->get(), "file", "new", 0600);
    if (!record.has_failed) break;
    calls.emplace_back(record.failed_call.data());
    CHECK_FALSE(done);
    // Whichever call fails before the renaming, the old file is there.
    const auto text = read_file(real_kernel(), fd->get(), "file", 16);
    REQUIRE(text);
    if (std::ranges::find(calls, "renameat2") == calls.end() || calls.back() == "renameat2") CHECK(*text == "old");
  }
  CHECK(calls == std::vector<std::string>{"openat", "write", "fsync", "renameat2", "fsync"});
}
