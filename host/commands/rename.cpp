// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

Result<int> run(Session& session, const Arguments& arguments) {
  constexpr const char* usage = "lxcx rename NAME NEW-NAME";
  if (arguments.words.empty()) return fail(Code::usage, "no new name", usage);
  if (arguments.words.size() > 1) return fail(Code::usage, "unexpected argument '" + arguments.words[1] + "'", usage);
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(warnings, runtime->rename(arguments.name, arguments.words[0]));
  session.warn(warnings);
  return 0;
}

}  // namespace

constinit const Command rename{
    .name = "rename",
    .summary = "Give a stopped container another name",
    .operands = "NAME NEW-NAME",
    .takes = Operands::name_and_words,
    .completes = Completes::container,
    .run = run,
};

}  // namespace lxcx::host::commands
