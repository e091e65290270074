// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <initializer_list>

#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'r', "restore", "", "Make the container run again from the checkpoint, instead of dumping it."},
    {'D', "checkpoint-dir", "DIR", "Where the checkpoint lies, or is to lie: empty, or not there yet.", Completes::directory},
    {'s', "stop", "", "End the container once it is dumped; else it runs on."},
    {'v', "verbose", "", "Let criu's log, in DIR, tell all."},
    {'p', "pre-dump", "", "Dump the memory alone, while the container runs, so that a later dump has less to write."},
    {0, "predump-dir", "DIR", "The directory of that pre-dump, relative to the one of --checkpoint-dir.", Completes::directory},
    {'A', "action-script", "FILE", "A program that criu runs at every stage, as criu(8) has it.", Completes::file},
    {'d', "daemon", "", "With --restore: return once the container runs; this is the default."},
    {'F', "foreground", "", "With --restore: stay, with this terminal as the container's console, and end with init's exit status."},
};

/// lxc-checkpoint refuses some of this; of the rest it takes one and passes over the other.
Result<void> check_combination(const Session& session, const Arguments& arguments) {
  const auto both = [&](const char* one, const char* other) -> Result<void> {
    if (!arguments.has(one) || !arguments.has(other)) return {};
    return fail(Code::usage, std::string("--") + one + " and --" + other + " exclude each other");
  };
  for (const char* other : {"stop", "pre-dump"}) LXCX_CHECK(both("restore", other));
  if (!session.is_lxc_tool()) {
    LXCX_CHECK(both("restore", "predump-dir"));
    LXCX_CHECK(both("pre-dump", "stop"));
    LXCX_CHECK(both("daemon", "foreground"));
  }
  for (const char* option : {"daemon", "foreground"})
    if (arguments.has(option) && !arguments.has("restore")) return fail(Code::usage, std::string("--") + option + " is for --restore alone");
  if (arguments.value("checkpoint-dir").empty()) return fail(Code::usage, "no directory for the checkpoint", "lxcx checkpoint -D DIR NAME");
  return {};
}

Result<std::string> path_of(Session& session, const Arguments& arguments, const char* option) {
  if (!arguments.has(option)) return std::string();
  LXCX_TRY(path, session.absolute(arguments.value(option)));
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Result<int> restore(Session& session, const Arguments& arguments, core::RestoreRequest request) {
  request.foreground = arguments.later_of("daemon", "foreground") == "foreground";
  request.reports_status = !session.is_lxc_tool();
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(outcome, runtime->restore(request));
  session.warn(outcome.warnings);
  return outcome.exit_status;
}

Result<int> run(Session& session, const Arguments& arguments) {
  LXCX_CHECK(check_combination(session, arguments));
  LXCX_TRY(directory, path_of(session, arguments, "checkpoint-dir"));
  LXCX_TRY(script, path_of(session, arguments, "action-script"));
  if (arguments.has("restore")) {
    core::RestoreRequest request;
    request.name = arguments.name;
    request.directory = std::move(directory);
    request.action_script = std::move(script);
    request.verbose = arguments.has("verbose");
    return restore(session, arguments, std::move(request));
  }
  core::DumpRequest request;
  request.name = arguments.name;
  request.directory = std::move(directory);
  request.makes_parents = session.is_lxc_tool();
  request.stop = arguments.has("stop") && !arguments.has("pre-dump");
  request.pre_dump = arguments.has("pre-dump");
  request.previous = arguments.value("predump-dir");
  request.action_script = std::move(script);
  request.verbose = arguments.has("verbose");
  LXCX_TRY(runtime, session.runtime());
  LXCX_CHECK(runtime->dump(request));
  return 0;
}

}  // namespace

constinit const Command checkpoint{
    .name = "checkpoint",
    .summary = "Dump a running container to a directory, or restore it from there",
    .operands = "-D DIR NAME",
    .takes = Operands::name,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
