// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"
#include "host/json.hpp"
#include "host/printable.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

Result<int> run(Session& session, const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.words;
  constexpr const char* usage = "lxcx cgroup NAME FILE [VALUE]";
  if (words.empty()) return fail(Code::usage, "no cgroup file was named", usage);
  if (words.size() > 2) return fail(Code::usage, "unexpected argument '" + words[2] + "'", std::string(usage) + "; quote a value that has blanks");
  LXCX_TRY(runtime, session.runtime());
  if (words.size() == 2) {
    LXCX_CHECK(runtime->set_cgroup_value(arguments.name, words[0], words[1]));
    return 0;
  }
  LXCX_TRY(value, runtime->cgroup_value(arguments.name, words[0]));
  if (value.ends_with('\n')) value.pop_back();
  session.out().print(session.wants_json() ? json_of_cgroup(arguments.name, words[0], value) : printable(value, true) + '\n');
  return 0;
}

}  // namespace

constinit const Command cgroup{
    .name = "cgroup",
    .summary = "Read or set a control group file of a running container",
    .operands = "NAME FILE [VALUE]",
    .takes = Operands::name_and_words,
    .completes = Completes::container,
    .run = run,
};

}  // namespace lxcx::host::commands
