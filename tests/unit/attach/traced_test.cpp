// SPDX-License-Identifier: Apache-2.0
// What the process that attach makes holds while it is already one of the container's: looked at from its first instant there, by ptrace(2).
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>

#include "core/attach/container_facts.hpp"
#include "test_container.hpp"

using namespace lxcx;
using namespace lxcx::core;
using lxcx::test::TestContainer;

namespace {

std::string status_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// proc_pid_status(5), NSpid: a number for each pid namespace that the process is in below ours.
bool is_in_container(const std::string& status) {
  const std::size_t at = status.find("NSpid:");
  std::istringstream numbers(status.substr(at + 6, status.find('\n', at) - at - 6));
  int count = 0;
  for (long number = 0; numbers >> number;) ++count;
  return count > 1;
}

/// Runs attach under ptrace; the permitted capabilities of each process when it first stops inside the container.
std::vector<std::uint64_t> permitted_at_birth(const EnterTarget& target) {
  const pid_t attacher = ::fork();
  if (attacher == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    EnterOptions options;
    options.command = {"true"};
    options.tty = EnterOptions::Tty::never;
    const auto status = enter_container(real_kernel(), Log::none(), target, options);
    ::_exit(status && *status == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(attacher, &status, 0);
  constexpr long follow = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
  ::ptrace(PTRACE_SETOPTIONS, attacher, nullptr, follow);
  ::ptrace(PTRACE_CONT, attacher, nullptr, nullptr);
  std::vector<std::uint64_t> found;
  std::set<pid_t> seen{attacher};
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      if (pid == attacher) break;
      continue;
    }
    const bool is_new = seen.insert(pid).second;
    if (const std::string text = status_of(pid); is_new && is_in_container(text)) found.push_back(status_mask(text, "CapPrm:").value());
    const int signal = is_new || status >> 16 != 0 || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    ::ptrace(PTRACE_CONT, pid, nullptr, signal);
  }
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  return found;
}

}  // namespace

TEST_CASE("from its first instant in the container, what attach makes holds no capability that the container may not have", "[attach][root]") {
  constexpr std::uint64_t sys_module = 1ULL << 16, sys_time = 1ULL << 25, sys_admin = 1ULL << 21;
  TestContainer container;
  EnterTarget target = container.target();
  target.config.cap_drop = {16, 25, 21};
  const std::vector<std::uint64_t> found = permitted_at_birth(target);
  REQUIRE(!found.empty());
  for (const std::uint64_t permitted : found) CHECK((permitted & (sys_module | sys_time | sys_admin)) == 0);
}
