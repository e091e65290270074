// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "monitored.hpp"

using namespace lxcx;
using namespace lxcx::test;

namespace {

constexpr std::size_t page = 4096;

MonitoredOptions logging(const TemporaryDirectory& directory, std::function<int()> init) {
  MonitoredOptions options;
  options.init = std::move(init);
  options.log = directory.file("console.log");
  return options;
}

/// Lines "000000\n" … of 7 bytes.
int write_lines(int count) {
  for (int line = 0; line < count; ++line) {
    char text[16];
    std::snprintf(text, sizeof text, "%06d\n", line);
    write_bytes(1, text);
  }
  return 0;
}

std::string lines(int from, int to) {
  std::string text;
  for (int line = from; line < to; ++line) {
    char one[16];
    std::snprintf(one, sizeof one, "%06d\n", line);
    text += one;
  }
  return text;
}

}  // namespace

TEST_CASE("the log is appended to, and the owner's alone", "[log]") {
  TemporaryDirectory directory;
  {
    Monitored monitored(logging(directory, [] { return write_lines(10); }));
    CHECK(monitored.wait() == 0);
  }
  struct stat status = {};
  REQUIRE(::stat(directory.file("console.log").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  Monitored again(logging(directory, [] { return write_lines(5); }));
  CHECK(again.wait() == 0);
  CHECK(read_file(directory.file("console.log")) == lines(0, 10) + lines(0, 5));
}

TEST_CASE("a full log starts anew", "[log]") {
  TemporaryDirectory directory;
  MonitoredOptions options = logging(directory, [] { return write_lines(5000); });
  options.log_size = page;
  Monitored monitored(options);
  CHECK(monitored.wait() == 0);
  const std::string log = read_file(directory.file("console.log"));
  CHECK(log.size() <= page);
  CHECK(log.size() > 0);
  CHECK(lines(0, 5000).ends_with(log));
  CHECK_FALSE(exists(directory.file("console.log.1")));
}

TEST_CASE("a full log is set aside when it rotates, and no byte is lost between the two", "[log]") {
  TemporaryDirectory directory;
  MonitoredOptions options = logging(directory, [] { return write_lines(5000); });
  options.log_size = page;
  options.rotate = true;
  Monitored monitored(options);
  CHECK(monitored.wait() == 0);
  const std::string log = read_file(directory.file("console.log")), old = read_file(directory.file("console.log.1"));
  CHECK(log.size() <= page);
  CHECK(old.size() <= page);
  CHECK(old.size() > 0);
  CHECK(lines(0, 5000).ends_with(old + log));
  struct stat status = {};
  REQUIRE(::stat(directory.file("console.log").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("at the end the ring buffer is the log", "[log]") {
  TemporaryDirectory directory;
  write_file(directory.file("console.log"), "from another start\n");
  MonitoredOptions options = logging(directory, [] { return write_lines(5000); });
  options.buffer_size = page;
  Monitored monitored(options);
  CHECK(monitored.wait() == 0);
  const std::string all = lines(0, 5000);
  CHECK(read_file(directory.file("console.log")) == all.substr(all.size() - page));
}

TEST_CASE("a life that said nothing leaves the log as it was", "[log]") {
  TemporaryDirectory directory;
  MonitoredOptions options = logging(directory, [] { return 0; });
  options.buffer_size = page;
  write_file(directory.file("console.log"), "of an earlier life\n");
  Monitored monitored(options);
  CHECK(monitored.wait() == 0);
  CHECK(read_file(directory.file("console.log")) == "of an earlier life\n");
}

TEST_CASE("a log that is a link, a directory or a FIFO is refused before anything is made", "[log]") {
  TemporaryDirectory directory;
  core::Kernel& kernel = core::real_kernel();
  const std::string log = directory.file("console.log");
  SECTION("a link") {
    REQUIRE(::symlink(directory.file("target").c_str(), log.c_str()) == 0);
    CHECK_FALSE(core::check_console_log(kernel, log));
    CHECK_FALSE(exists(directory.file("target")));
  }
  SECTION("a directory") {
    REQUIRE(::mkdir(log.c_str(), 0700) == 0);
    CHECK_FALSE(core::check_console_log(kernel, log));
    CHECK_FALSE(core::check_console_log(kernel, log + "/"));
  }
  SECTION("a FIFO") {
    REQUIRE(::mkfifo(log.c_str(), 0600) == 0);
    CHECK_FALSE(core::check_console_log(kernel, log));
    const core::UniqueFd reader(::open(log.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    CHECK_FALSE(core::check_console_log(kernel, log));
  }
  SECTION("in no directory") { CHECK_FALSE(core::check_console_log(kernel, directory.file("nowhere/console.log"))); }
  SECTION("but a file is taken") { CHECK(core::check_console_log(kernel, log)); }
}

TEST_CASE("a log on a full disk costs the log, not the console", "[log]") {
  auto [mine, peer] = make_socketpair();
  MonitoredOptions options;
  options.init = [] { return write_lines(100); };
  options.log = "/dev/full";
  options.peer = peer.get();
  Monitored monitored(options);
  CHECK(read_bytes(mine.get(), 700) == lines(0, 100));
  CHECK(monitored.wait() == 0);
}
