// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"
#include "host/start_options.hpp"

namespace lxcx::host::commands {
namespace {

constexpr auto options =
    join(std::array<Option, 6>{{
             {'d', "daemon", "", "Return once the container's init runs; this is the default."},
             {'F', "foreground", "", "Stay, with this terminal as the container's console, and end with init's exit status."},
             {'c', "console", "FILE", "What the container's /dev/console is connected to: a terminal, a file or none.", Completes::file},
             {'L', "console-log", "FILE", "Append what the container writes to its console to FILE.", Completes::file},
             {'C', "close-all-fds", "", "Close inherited file descriptors; lxcx always does."},
             {'p', "pidfile", "FILE", "Write the pid of the container's monitor to FILE.", Completes::file},
         }},
         start_options);

Result<int> run(Session& session, const Arguments& arguments) {
  if (arguments.has("daemon") && arguments.has("foreground")) return fail(Code::usage, "--daemon and --foreground exclude each other");
  LXCX_TRY(request, read_start_options(session, arguments));
  request.foreground = arguments.has("foreground");
  request.reports_status = !session.is_lxc_tool();
  request.console_path = arguments.value("console");
  request.console_log = arguments.value("console-log");
  if (arguments.has("pidfile")) {
    LXCX_TRY(file, session.absolute(arguments.value("pidfile")));
    request.pid_file = std::move(file);
  }
  return run_start(session, arguments, std::move(request));
}

}  // namespace

constinit const Command start{
    .name = "start",
    .summary = "Start a container",
    .operands = "NAME [-- CMD…]",
    .takes = Operands::name_and_command,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
