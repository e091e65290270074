// SPDX-License-Identifier: Apache-2.0
// A command is a table of options and one function. Parsing, --help, the manual pages and the shell completions are all made from these tables.
#pragma once
#include <span>
#include <string_view>

#include "lxcx/result.hpp"

namespace lxcx::host {

class Arguments;
class Session;

/// What a shell offers for a word.
enum class Completes {
  nothing,
  container,
  file,
  directory,
  template_,
  storage,
  network,
  security,
  hook,
  plugin,
  kind,
  state,
  level,
  format,
  namespace_,
  column,
  verb
};

struct Option {
  char letter;             ///< 0: none
  std::string_view name;   ///< long, without dashes; also its key in Arguments
  std::string_view value;  ///< what stands for the value in the help: "FILE"; "[WHAT]": optional, adjacent only; empty: a flag
  std::string_view help;   ///< one or two sentences
  Completes completes = Completes::nothing;

  constexpr bool is_flag() const { return value.empty(); }
  constexpr bool value_is_optional() const { return value.starts_with('['); }
};

/// What may stand on the command line besides options.
enum class Operands {
  none,
  name,                   ///< NAME
  name_and_command,       ///< NAME [--] [CMD…]
  name_and_rest,          ///< NAME [-- ARGS…]
  name_and_words,         ///< NAME and what the command makes of the others
  name_words_and_rest,    ///< NAME, what the command makes of the others, [-- ARGS…]
  words,                  ///< what the command makes of them
};

struct Subcommand {
  std::string_view name, operands, summary;
  Completes first = Completes::nothing, second = Completes::nothing;  ///< what its operands complete to
};

struct Command {
  std::string_view name;
  std::string_view summary;   ///< in the imperative, for the list of commands
  std::string_view operands;  ///< what the synopsis shows after the options
  Operands takes = Operands::none;
  Completes completes = Completes::nothing;  ///< its first operand
  std::span<const Option> options;
  std::span<const Subcommand> subcommands;
  /// Returns the exit status; an Error's code is one too.
  Result<int> (*run)(Session& session, const Arguments& arguments) = nullptr;
};

/// Accepted before and after the verb.
std::span<const Option> global_options();
/// All verbs, in the order the help shows them.
std::span<const Command* const> all_commands();
/// Errors: usage, with did-you-mean.
Result<const Command*> find_command(std::string_view name);

}  // namespace lxcx::host
