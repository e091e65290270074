// SPDX-License-Identifier: Apache-2.0
#include "host/run.hpp"

#include <fcntl.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "host/commands/commands.hpp"
#include "host/help.hpp"
#include "host/lxc_names.hpp"
#include "host/report.hpp"
#include "host/session.hpp"

namespace lxcx::host {
namespace {

/// A caller may have closed fds 0, 1 or 2; whatever is opened next would then take their place, and messages would be written into it.
Result<void> hold_standard_fds(core::Kernel& kernel) {
  for (int fd = 0; fd <= 2; ++fd) {
    if (kernel.fcntl(fd, F_GETFD, 0)) continue;
    LXCX_TRY(null, kernel.openat(AT_FDCWD, "/dev/null", O_RDWR));
    if (null.get() != fd) continue;
    LXCX_CHECK(kernel.fcntl(null.release(), F_SETFD, 0));
  }
  return {};
}

/// Before the command line has been understood, an error is JSON when the words ask for it.
bool asks_for_json(const std::vector<std::string>& words) {
  const auto end = std::ranges::find(words, "--");
  for (auto it = words.begin(); it != end; ++it) {
    if (*it == "--format=json") return true;
    if (*it == "--format" && std::next(it) != end && *std::next(it) == "json") return true;
  }
  return false;
}

/// What lxcx was called as.
struct Call {
  const LxcTool* tool = nullptr;  ///< null: lxcx itself
  std::string_view program() const { return tool ? tool->name : "lxcx"; }
  int exit_status(const Error& error) const { return tool ? tool->exit_status(error) : host::exit_status(error); }
};

Result<int> show_help(Session& session, const Call& call, const CommandLine& line) {
  const std::string called = call.tool ? std::string(call.tool->name) : "";
  session.out().print(line.command ? command_help(*line.command, called) : general_help());
  const std::string wanted = line.arguments.value("template");
  if (line.command != &commands::create || wanted.empty() || wanted == "none") return 0;
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(text, runtime->template_help(wanted));
  session.out().print("\nOptions of the template '" + wanted + "', after --:\n" + text);
  return 0;
}

Result<int> show_version(Session& session, const Call& call, const CommandLine& line) {
  if (!call.tool) return commands::version.run(session, line.arguments);
  session.out().print(std::string(lxc_version) + '\n');
  return 0;
}

Result<int> dispatch(Session& session, const Call& call, const CommandLine& line) {
  if (line.arguments.has("version")) return show_version(session, call, line);
  if (line.arguments.has("help")) return show_help(session, call, line);
  if (line.command) return line.command->run(session, line.arguments);
  session.out().complain(general_help());
  return static_cast<int>(Code::usage);
}

int report(Output& out, const Call& call, bool json, const Error& error) {
  out.complain(json ? error_json(error) : error_text(error, call.program()));
  return call.exit_status(error);
}

/// The command line could not be understood, so how to tell is guessed from its words.
int report_unparsed(core::Kernel& kernel, const Call& call, const std::vector<std::string>& words, const Error& error) {
  Output out(kernel);
  const auto end = std::ranges::find(words, "--");
  out.be_quiet(std::find_if(words.begin(), end, [](const std::string& word) { return word == "-q" || word == "--quiet"; }) != end);
  return report(out, call, asks_for_json(words), error);
}

Result<int> run_to_the_end(Session& session, const Call& call, const CommandLine& line) {
  LXCX_TRY(status, dispatch(session, call, line));
  LXCX_CHECK(session.out().flush());
  return status;
}

int run_command_line(core::Kernel& kernel, const Call& call, const std::vector<std::string>& words) {
  Result<CommandLine> line = call.tool ? parse_lxc_command_line(kernel, *call.tool, words) : parse_command_line(words);
  if (!line) return report_unparsed(kernel, call, words, line.error());
  Result<Session> session = Session::open(kernel, line->arguments, call.program());
  if (!session) return report_unparsed(kernel, call, words, session.error());
  const Result<int> status = run_to_the_end(*session, call, *line);
  if (status) return *status;
  session->log_failure(status.error());
  return report(session->out(), call, session->wants_json(), status.error());
}

Result<int> teardown(Session& session, const std::string& run_directory) {
  LXCX_TRY(runtime, session.runtime());
  return runtime->teardown(run_directory);
}

/// `--internal-teardown RUN_DIRECTORY [global options]`: what a monitor execs when init has ended. No user reads its stderr, so that it tells
/// the log file alone. Of a foreground start, this is the process whose exit status the user sees: init's.
int run_teardown(core::Kernel& kernel, std::vector<std::string> words) {
  if (words.size() < 2) return static_cast<int>(Code::usage);
  const std::string run_directory = words[1];
  words.erase(words.begin());
  words.front() = "--quiet";
  const Result<Arguments> arguments = parse_arguments(nullptr, std::move(words));
  if (!arguments) return exit_status(arguments.error());
  Result<Session> session = Session::open(kernel, *arguments);
  if (!session) return exit_status(session.error());
  const Result<int> status = teardown(*session, run_directory);
  if (status) return *status;
  session->log_failure(status.error());
  return exit_status(status.error());
}

}  // namespace

int run_host(core::Kernel& kernel, int argc, char** argv) {
  // For a caller that ignores it, which is inherited, the kernel would throw the status of every child away (wait(2), NOTES).
  (void)std::signal(SIGCHLD, SIG_DFL);
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (const Result<void> held = hold_standard_fds(kernel); !held) return exit_status(held.error());
  if (!words.empty() && words.front() == "--internal-teardown") return run_teardown(kernel, std::move(words));
  return run_command_line(kernel, {argc > 0 ? find_lxc_tool(argv[0]) : nullptr}, words);
}

}  // namespace lxcx::host
