// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"
#include "host/json.hpp"
#include "host/session.hpp"
#include "lxcx/abi.h"

namespace lxcx::host::commands {
namespace {

std::string plugin_abi() { return std::to_string(int{LXCX_ABI_MAJOR}) + '.' + std::to_string(int{LXCX_ABI_MINOR}); }

/// Also what --version shows: then the number alone, for scripts.
Result<int> run(Session& session, const Arguments& arguments) {
  if (session.wants_json())
    session.out().print(json_of_version(LXCX_VERSION, plugin_abi()));
  else if (arguments.has("version"))
    session.out().print(LXCX_VERSION "\n");
  else
    session.out().print("lxcx " LXCX_VERSION ", plugin ABI " + plugin_abi() + "\n");
  return 0;
}

}  // namespace

constinit const Command version{
    .name = "version",
    .summary = "Show the version of lxcx and of its plugin ABI",
    .operands = "",
    .takes = Operands::none,
    .run = run,
};

}  // namespace lxcx::host::commands
