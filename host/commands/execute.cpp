// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <limits>

#include "host/start_options.hpp"

namespace lxcx::host::commands {
namespace {

constexpr auto options = join(std::array<Option, 4>{{
                                  {'d', "daemon", "", "Return once the program runs."},
                                  {'F', "foreground", "", "Stay and end with the program's exit status; this is the default."},
                                  {'u', "uid", "UID", "Run the program as this user of the container."},
                                  {'g', "gid", "GID", "Run the program as this group of the container."},
                              }},
                              start_options);

Result<int> run(Session& session, const Arguments& arguments) {
  if (arguments.has("daemon") && arguments.has("foreground")) return fail(Code::usage, "--daemon and --foreground exclude each other");
  LXCX_TRY(request, read_start_options(session, arguments));
  request.execute = true;
  request.needs_definition = session.is_lxc_tool();
  request.foreground = !arguments.has("daemon");
  for (const char* id : {"uid", "gid"}) {
    if (!arguments.has(id)) continue;
    LXCX_TRY(number, arguments.number(id, 0, 0, std::numeric_limits<uid_t>::max() - 1L));
    request.overrides.emplace_back(std::string("lxc.init.") + id, std::to_string(number));
  }
  return run_start(session, arguments, std::move(request));
}

}  // namespace

constinit const Command execute{
    .name = "execute",
    .summary = "Run one program in a container, below a small init",
    .operands = "NAME [-- CMD…]",
    .takes = Operands::name_and_command,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
