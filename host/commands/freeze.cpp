// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

Result<int> run(Session& session, const Arguments& arguments) {
  LXCX_TRY(runtime, session.runtime());
  LXCX_CHECK(runtime->freeze(arguments.name, true));
  return 0;
}

}  // namespace

constinit const Command freeze{
    .name = "freeze",
    .summary = "Stop all processes of a container where they are",
    .operands = "NAME",
    .takes = Operands::name,
    .completes = Completes::container,
    .run = run,
};

}  // namespace lxcx::host::commands
