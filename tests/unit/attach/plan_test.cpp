// SPDX-License-Identifier: Apache-2.0
// lxcx-enter and plans that are none.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "core/attach/plan_writer.hpp"
#include "core/base/unique_fd.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

/// The exit code of lxcx-enter, or minus the signal that killed it.
int run_enter(const std::string& argument, int standard_input) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(standard_input, STDIN_FILENO);
    ::execl(LXCX_ENTER, "lxcx-enter", argument.c_str(), nullptr);
    ::_exit(99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

UniqueFd plan_of(const std::string& bytes) {
  UniqueFd plan(::memfd_create("plan", 0));
  (void)!::write(plan.get(), bytes.data(), bytes.size());
  return plan;
}

/// What lxcx-enter makes of a plan.
int run(const std::string& bytes) {
  const UniqueFd plan = plan_of(bytes);
  return run_enter(std::to_string(plan.get()), STDIN_FILENO);
}

/// A plan that enters nothing and runs `true` in place.
std::string harmless_plan() {
  PlanWriter writer;
  writer.plan.status_fd = 2;
  writer.plan.proc_fd = writer.plan.root_fd = writer.plan.terminal_fd = -1;
  for (int fd = 0; fd < 3; ++fd) writer.plan.standard_fds[fd] = fd;
  writer.plan.namespaces = writer.add<enter::NamespaceEntry>({});
  writer.plan.v1_tasks = writer.plan.landlocks = writer.plan.groups = writer.add<std::int32_t>({});
  writer.plan.limits = writer.add<enter::LimitEntry>({});
  writer.plan.filters = writer.add<enter::FilterEntry>({});
  writer.plan.arguments = writer.add_strings({"/bin/true"});
  writer.plan.environment = writer.add_strings({"A=b"});
  return writer.finish().value();
}

template <class Change>
std::string changed(Change change) {
  std::string bytes = harmless_plan();
  enter::Plan plan;
  std::memcpy(&plan, bytes.data(), sizeof plan);
  change(plan);
  std::memcpy(bytes.data(), &plan, sizeof plan);
  return bytes;
}

}  // namespace

TEST_CASE("a sound plan runs", "[plan][root]") {
  // Its frames go to standard error, which is of no use there.
  const UniqueFd saved(::dup(2));
  const UniqueFd null(::open("/dev/null", O_WRONLY));
  ::dup2(null.get(), 2);
  const int status = run(harmless_plan());
  ::dup2(saved.get(), 2);
  CHECK(status == 0);
}

TEST_CASE("what is no number is no plan's descriptor", "[plan][root]") {
  const UniqueFd plan = plan_of(harmless_plan());
  for (const char* argument : {"", "x", "0x", " 0"}) {
    INFO(argument);
    CHECK(run_enter(argument, plan.get()) == 2);
  }
}

TEST_CASE("a plan that is cut anywhere is refused, never acted upon", "[plan][root]") {
  const std::string whole = harmless_plan();
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    INFO(size);
    REQUIRE(run(whole.substr(0, size)) == 1);
  }
  CHECK(run(whole + "x") == 1);
}

TEST_CASE("a span that leaves the plan is refused", "[plan][root]") {
  using enter::Plan;
  CHECK(run(changed([](Plan& plan) { plan.magic ^= 1; })) == 1);
  CHECK(run(changed([](Plan& plan) { plan.version += 1; })) == 1);
  CHECK(run(changed([](Plan& plan) { plan.namespaces.count = 1U << 30; })) == 1);
  CHECK(run(changed([](Plan& plan) { plan.namespaces.offset = ~3U; })) == 1);
  CHECK(run(changed([](Plan& plan) { plan.arguments.count += 1000; })) == 1);
  CHECK(run(changed([](Plan& plan) {
          plan.environment.offset = plan.size;
          plan.environment.count = 1;
        })) == 1);
  CHECK(run(changed([](Plan& plan) { plan.groups.count = UINT32_MAX; })) == 1);
  CHECK(run(changed([](Plan& plan) {
          plan.limits.offset += 4;
          plan.limits.count = 0;
        })) == 1);
  CHECK(run(changed([](Plan& plan) { plan.filters = {plan.arguments.offset, 1}; })) == 1);
  CHECK(run(changed([](Plan& plan) { plan.label = {plan.size - 1, 2}; })) == 1);
  CHECK(run(changed([](Plan& plan) { plan.directory.count = 2; })) == 1);
}

TEST_CASE("a string with a NUL is refused before anything runs", "[plan]") {
  PlanWriter writer;
  writer.plan.arguments = writer.add_strings({std::string("a\0b", 3)});
  const auto finished = writer.finish();
  REQUIRE_FALSE(finished);
  CHECK(finished.error().code == Code::usage);
}
