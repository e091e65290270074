// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/log_file.hpp"

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "core/base/unique_fd.hpp"

using namespace lxcx;

namespace {

std::string content(int fd) {
  std::array<char, 2048> bytes{};
  const ssize_t size = ::pread(fd, bytes.data(), bytes.size(), 0);
  return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::string today() {
  const time_t now = ::time(nullptr);
  std::array<char, 16> text{};
  ::strftime(text.data(), text.size(), "%Y%m%d%H%M", ::gmtime(&now));
  return text.data();
}

}  // namespace

TEST_CASE("the monitor's lines look like lxcx's own", "[log]") {
  const core::UniqueFd file(::memfd_create("log", MFD_CLOEXEC));
  monitor::LogFile log;
  log.open(file.get(), "lxcx web");
  const std::string before = today();
  log.error("something");
  const std::string after = today();
  const std::string line = content(file.get());
  CHECK((line.starts_with("lxcx web " + before) || line.starts_with("lxcx web " + after)));
  CHECK(line.size() == std::string("lxcx web 20260102030405.123 ERROR    something\n").size());
  CHECK(line.ends_with(" ERROR    something\n"));
}

TEST_CASE("a line that is too long is cut, not split", "[log]") {
  const core::UniqueFd file(::memfd_create("log", MFD_CLOEXEC));
  monitor::LogFile log;
  log.open(file.get(), "lxcx web");
  log.error(std::string(2000, 'x').c_str());
  const std::string line = content(file.get());
  CHECK(line.size() < 600);
  CHECK(line.find('\n') == line.size() - 1);
}
