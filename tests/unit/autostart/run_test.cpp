// SPDX-License-Identifier: Apache-2.0
// What is done in which order is told by a file that the processes append to; none of these tests knows a time.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "core/autostart/ready.hpp"
#include "core/autostart/run.hpp"
#include "tests/unit/kernel/temporary_directory.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

AutostartItem item(const std::string& name, std::size_t rank = 0, std::vector<std::size_t> waits_for = {}, std::vector<std::size_t> needs = {}) {
  return {name, 0, 0, {}, rank, std::move(waits_for), std::move(needs), {}};
}

struct Performance {
  std::string done;    ///< in the order in which it ended
  std::string begun;   ///< in the order in which it was begun
  std::vector<Error> errors;
};

/// Names with an 'x' fail.
Performance perform(const std::vector<AutostartItem>& plan, unsigned jobs) {
  const test::TemporaryDirectory directory;
  Performance seen;
  const auto act = [&](const AutostartItem& one) -> Result<void> {
    std::ofstream(directory / "begun", std::ios::app) << one.name << std::flush;
    if (one.name.contains('x')) return doing(Result<void>(fail(Code::hook, "no", std::string(100'000, 'h'))), "start " + one.name);
    return {};
  };
  const auto on_done = [&](const AutostartItem& one, const Error* error) {
    seen.done += one.name;
    if (error) seen.errors.push_back(*error);
  };
  REQUIRE(run_autostart(real_kernel(), plan, jobs, act, on_done));
  std::ifstream file(directory / "begun");
  seen.begun.assign(std::istreambuf_iterator<char>(file), {});
  return seen;
}

}  // namespace

TEST_CASE("one at a time goes by the plan", "[autostart]") {
  const Performance seen = perform({item("a"), item("b"), item("c", 1), item("d", 1)}, 1);
  CHECK(seen.begun == "abcd");
  CHECK(seen.done == "abcd");
  CHECK(seen.errors.empty());
}

TEST_CASE("a rank waits for the one before it, however many may go at a time", "[autostart]") {
  for (int i = 0; i < 20; ++i) {
    const Performance seen = perform({item("a"), item("b"), item("c", 1), item("d", 1), item("e", 2)}, 8);
    CHECK(seen.begun.find_first_of("ab") == 0);
    CHECK(seen.begun.find_last_of("ab") < seen.begun.find_first_of("cd"));
    CHECK(seen.begun.back() == 'e');
  }
}

TEST_CASE("what is required and fails is named by those who require it, and by nobody else", "[autostart]") {
  const Performance seen = perform({item("x"), item("a", 0, {0}, {0}), item("b", 0, {0}), item("c", 0, {1}, {1})}, 4);
  CHECK(seen.begun == "xb");
  REQUIRE(seen.errors.size() == 3);
  CHECK(seen.errors[0].code == Code::hook);
  CHECK(seen.errors[0].hint.size() == 100'000);
  CHECK(seen.errors[0].context == std::vector<std::string>{"start x"});
  CHECK_THAT(seen.errors[1].message, Catch::Contains("'x'"));
  CHECK_THAT(seen.errors[2].message, Catch::Contains("'a'"));
}

TEST_CASE("a container is ready when the command says so", "[autostart]") {
  int calls = 0;
  CHECK(await_ready(std::chrono::seconds(60), [&]() -> Result<int> { return ++calls == 3 ? 0 : 1; }));
  CHECK(calls == 3);
  CHECK(await_ready(std::chrono::seconds(0), []() -> Result<int> { return 7; }).error().code == Code::timeout);
  CHECK(await_ready(std::chrono::seconds(60), []() -> Result<int> { return fail(Code::not_running, "gone"); }).error().code == Code::not_running);
}
