// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"
#include "host/printable.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'t', "tty", "NUMBER", "The terminal of the container; 0: its console; the first free one when not given."},
    {'e', "escape", "PREFIX", "The control character that begins the escape: ^a or a for Ctrl-a, which is the default."},
};
constexpr long most_ttys = 1024;

Result<char> parse_escape(std::string_view text) {
  const std::string_view letter = text.starts_with('^') ? text.substr(1) : text;
  const char lower = letter.size() == 1 ? static_cast<char>(letter[0] | 0x20) : '\0';
  if (lower < 'a' || lower > 'z') return fail(Code::usage, "--escape: '" + std::string(text) + "' is not a letter, or ^ and a letter");
  return static_cast<char>(lower & 0x1f);
}

std::string greeting(const std::string& name, int tty, char prefix) {
  const std::string key = std::string("Ctrl-") + static_cast<char>(prefix | 0x60);
  const std::string where = tty == 0 ? "the console" : "tty" + std::to_string(tty);
  return "lxcx: connected to " + where + " of " + printable(name) + "; " + key + " q leaves, " + key + " " + key + " sends " + key + "\r\n";
}

Result<int> run(Session& session, const Arguments& arguments) {
  core::ConsoleRequest request;
  request.name = arguments.name;
  LXCX_TRY(tty, arguments.number("tty", -1, 0, most_ttys));
  request.tty = static_cast<int>(tty);
  LXCX_TRY(prefix, parse_escape(arguments.value("escape", "^a")));
  request.escape_prefix = prefix;
  LXCX_TRY(runtime, session.runtime());
  LXCX_TRY(left, runtime->console(request, [&](int number) { session.out().complain(greeting(request.name, number, prefix)); }));
  session.out().complain(left ? "\n" : "\nlxcx: " + printable(request.name) + " has ended\n");
  return 0;
}

}  // namespace

constinit const Command console{
    .name = "console",
    .summary = "Connect this terminal to one of a container's",
    .operands = "NAME",
    .takes = Operands::name,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
