// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/options.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace lxcx::monitor;

namespace {

bool parse(std::vector<std::string> arguments, Options& options) {
  static std::vector<std::string> kept;  // the options point into the arguments
  kept = std::move(arguments);
  std::vector<char*> argv;
  for (std::string& argument : kept) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return parse_options(static_cast<int>(kept.size()), argv.data(), options);
}

}  // namespace

TEST_CASE("the program takes what become_monitor says and nothing else", "[options]") {
  Options options;
  CHECK(parse(
      {"title", "init=12", "init-pidfd=3", "run-directory=4", "ttys=10,11,300", "console-log-size=4096", "foreground=1", "--", "/bin/true", "."},
      options));
  CHECK(options.init == 12);
  CHECK(options.foreground);
  CHECK(options.console_log_size == 4096);
  CHECK(fd_of_list(options.ttys, 1) == 10);
  CHECK(fd_of_list(options.ttys, 3) == 300);
  CHECK(fd_of_list(options.ttys, 4) == -1);
  CHECK(fd_of_list(options.ttys, 0) == -1);
  CHECK(fd_of_list("", 1) == -1);
}

TEST_CASE("arguments that are not understood are refused", "[options]") {
  const std::string bad =
      GENERATE("init=", "init=x", "init=-1", "init=99999999999999999999", "foreground=2", "unknown=1", "console-log-name=", "init");
  Options options;
  CHECK_FALSE(parse({"title", "init=12", "init-pidfd=3", "run-directory=4", bad, "--", "/bin/true", "."}, options));
}

TEST_CASE("init, its pidfd, the run directory and a teardown are needed", "[options]") {
  Options options;
  CHECK_FALSE(parse({"title"}, options));
  CHECK_FALSE(parse({"title", "init-pidfd=3", "run-directory=4", "--", "/bin/true", "."}, options));
  options = {};
  CHECK_FALSE(parse({"title", "init=1", "run-directory=4", "--", "/bin/true", "."}, options));
  options = {};
  CHECK_FALSE(parse({"title", "init=1", "init-pidfd=3", "run-directory=4", "--", "."}, options));
}
