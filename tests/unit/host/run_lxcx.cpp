// SPDX-License-Identifier: Apache-2.0
#include "run_lxcx.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>

#include "core/base/unique_fd.hpp"
#include "host/run.hpp"

namespace lxcx::host {
namespace {

using core::UniqueFd;

/// While it lives, what is written to `fd` goes to memory.
class Capture {
 public:
  explicit Capture(int fd) : fd_(fd), saved_(::dup(fd)), memory_(::memfd_create("captured", MFD_CLOEXEC)) {
    REQUIRE(saved_);
    REQUIRE(memory_);
    ::dup2(memory_.get(), fd_);
  }
  ~Capture() { ::dup2(saved_.get(), fd_); }
  std::string text() const {
    std::string all;
    std::array<char, 4096> part{};
    for (ssize_t n = 0; (n = ::pread(memory_.get(), part.data(), part.size(), static_cast<off_t>(all.size()))) > 0;)
      all.append(part.data(), static_cast<std::size_t>(n));
    return all;
  }

 private:
  int fd_;
  UniqueFd saved_, memory_;
};

}  // namespace

Ran run_lxcx(const std::vector<std::string>& words, core::Kernel& kernel) {
  std::vector<std::string> all{"lxcx"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& word : all) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::fflush(nullptr);
  Ran ran;
  Capture out(STDOUT_FILENO), err(STDERR_FILENO);
  ran.status = run_host(kernel, static_cast<int>(all.size()), argv.data());
  ran.out = out.text();
  ran.err = err.text();
  return ran;
}

core::FakeWorld& new_world() { return core::fake_world() = core::FakeWorld{}; }

}  // namespace lxcx::host
