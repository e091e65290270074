// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <limits>

#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'r', "reboot", "", "Ask init to reboot instead, and wait until it has."},
    {'W', "nowait", "", "Ask, and do not wait."},
    {'t', "timeout", "SECONDS", "How long to wait before killing everything; 60 when not given, -1: for ever."},
    {'k', "kill", "", "Kill everything at once."},
    {0, "nokill", "", "Never kill: fail with a timeout instead."},
    {0, "nolock", "", "With --kill: accepted as lxc-stop has it."},
};

Result<int> run(Session& session, const Arguments& arguments) {
  core::StopRequest request;
  request.name = arguments.name;
  request.kill = arguments.has("kill");
  request.reboot = arguments.has("reboot");
  request.no_wait = arguments.has("nowait");
  request.no_kill = arguments.has("nokill");
  for (const char* other : {"reboot", "nokill", "timeout"})
    if (request.kill && arguments.has(other)) return fail(Code::usage, std::string("--kill and --") + other + " exclude each other");
  if (arguments.has("nolock") && !request.kill) return fail(Code::usage, "--nolock is for --kill alone");
  LXCX_TRY(timeout, arguments.number("timeout", 60, -1, std::numeric_limits<int>::max() / 1000));
  request.timeout_s = static_cast<int>(timeout);
  LXCX_TRY(runtime, session.runtime());
  LXCX_CHECK(runtime->stop(request));
  return 0;
}

}  // namespace

constinit const Command stop{
    .name = "stop",
    .summary = "Stop or reboot a container",
    .operands = "NAME",
    .takes = Operands::name,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
