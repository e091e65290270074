// SPDX-License-Identifier: Apache-2.0
// Any bytes as the state and as the journal of a run directory, which a crash can leave in any shape: both are read, and what was read is written
// and read again without a change.
#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/container/run_directory.hpp"

namespace {

using namespace lxcx;
using namespace lxcx::core;

void require(bool holds) {
  if (!holds) std::abort();
}

/// On tmpfs, as the real one.
struct Scratch {
  std::string path = "/dev/shm/lxcx-fuzz.XXXXXX";
  Scratch() { require(::mkdtemp(path.data()) != nullptr); }
  ~Scratch() { std::filesystem::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  void write(const char* name, const std::uint8_t* data, std::size_t size) const {
    std::ofstream(path + "/" + name, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  }
  std::string read(const char* name) const {
    std::ifstream file(path + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

void check_state(const Scratch& scratch, const RunDirectory& directory) {
  const Result<RunState> state = directory.read_state();
  require(state.has_value());
  require(directory.write_state(*state).has_value());
  const std::string written = scratch.read("state");
  const Result<RunState> again = directory.read_state();
  require(again.has_value() && again->init.pid == state->init.pid && again->init.start_time == state->init.start_time);
  require(directory.write_state(*again).has_value());
  require(scratch.read("state") == written);
}

void check_journal(const RunDirectory& directory) {
  Result<Journal> journal = directory.journal(false);
  require(journal.has_value());
  const std::size_t before = journal->entries().size();
  require(journal->append("storage", "a\tkey", "a\nvalue").has_value());
  const Result<Journal> again = directory.journal(false);
  require(again.has_value() && again->entries().size() == before + 1);
  for (std::size_t i = 0; i <= before; ++i) {
    const JournalEntry &one = journal->entries()[i], &other = again->entries()[i];
    require(one.scope == other.scope && one.key == other.key && one.value == other.value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Scratch scratch;
  scratch.write("state", data, size);
  scratch.write("journal", data, size);
  const Result<RunDirectory> directory = RunDirectory::open_path(real_kernel(), scratch.path);
  require(directory.has_value());
  check_state(scratch, *directory);
  check_journal(*directory);
  return 0;
}
