// SPDX-License-Identifier: Apache-2.0
#include "host/help.hpp"

#include "host/commands/commands.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

Result<int> run(Session& session, const Arguments& arguments) {
  if (arguments.words.empty()) {
    session.out().print(general_help());
    return 0;
  }
  LXCX_TRY(command, find_command(arguments.words.front()));
  session.out().print(command_help(*command));
  return 0;
}

}  // namespace

constinit const Command help{
    .name = "help",
    .summary = "Show the commands, or one command's options",
    .operands = "[COMMAND]",
    .takes = Operands::words,
    .completes = Completes::verb,
    .run = run,
};

}  // namespace lxcx::host::commands
