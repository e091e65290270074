// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'f', "force", "", "Stop it first if it runs."},
    {'s', "snapshots", "", "With all its snapshots."},
};

Result<int> run(Session& session, const Arguments& arguments) {
  LXCX_TRY(runtime, session.runtime());
  LXCX_CHECK(runtime->destroy({.name = arguments.name, .force = arguments.has("force"), .snapshots = arguments.has("snapshots")}));
  return 0;
}

}  // namespace

constinit const Command destroy{
    .name = "destroy",
    .summary = "Remove a container and its root file system",
    .operands = "NAME",
    .takes = Operands::name,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
