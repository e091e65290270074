// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "host/commands/commands.hpp"
#include "host/json.hpp"
#include "host/name_pattern.hpp"
#include "host/printable.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'Q', "quit", "", "Do nothing: LXC has a daemon to end here, lxcx has none."},
    {0, "count", "N", "End after N events."},
    {'t', "timeout", "SECONDS", "End after that; -1: never, which is the default. With --count, too few events until then are an error."},
};

/// -n PATTERN and the words that follow the options; all of them count.
Result<std::vector<NamePattern>> read_patterns(const Arguments& arguments) {
  std::vector<std::string> expressions = arguments.values("name");
  expressions.insert(expressions.end(), arguments.words.begin(), arguments.words.end());
  std::vector<NamePattern> patterns;
  for (const std::string& expression : expressions) {
    LXCX_TRY(pattern, NamePattern::whole("PATTERN", expression));
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

std::string text_of(const core::StateEvent& event) {
  const std::string name = "'" + printable(event.name) + "' ";
  if (event.exit_status) return name + "exited with status [" + std::to_string(WEXITSTATUS(*event.exit_status)) + "]\n";
  return name + "changed state to [" + std::string(core::state_name(event.state)) + "]\n";
}

Result<int> run(Session& session, const Arguments& arguments) {
  if (arguments.has("quit")) return 0;
  LXCX_TRY(patterns, read_patterns(arguments));
  LXCX_TRY(wanted, arguments.number("count", -1, 1, std::numeric_limits<int>::max()));
  LXCX_TRY(timeout, arguments.number("timeout", -1, -1, std::numeric_limits<int>::max() / 1000));
  LXCX_TRY(lxcpaths, session.lxcpaths(arguments));
  LXCX_TRY(runtime, session.runtime());
  core::FollowRequest request;
  request.lxcpaths = std::move(lxcpaths);
  if (!patterns.empty())
    request.wants = [&](const std::string& name) { return std::ranges::any_of(patterns, [&](const NamePattern& p) { return p.matches(name); }); };
  request.timeout_s = static_cast<int>(timeout);
  request.output_fd = STDOUT_FILENO;
  request.catches_signals = !session.is_lxc_tool();
  long told = 0;
  const auto show = [&](const core::StateEvent& event) -> Result<bool> {
    session.out().print(session.wants_json() ? json_of(event) : text_of(event));
    LXCX_CHECK(session.out().flush());
    return ++told != wanted;
  };
  LXCX_TRY(end, runtime->follow(std::move(request), show));
  if (end == core::FollowEnd::timeout && wanted != -1)
    return fail(Code::timeout, std::to_string(told) + " of " + std::to_string(wanted) + " events within " + std::to_string(timeout) + " s");
  return 0;
}

}  // namespace

constinit const Command monitor{
    .name = "monitor",
    .summary = "Show containers' changes of state as they happen",
    .operands = "[PATTERN…]",
    .takes = Operands::words,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
