// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/command.hpp"
#include "lxcx/result.hpp"

namespace lxcx::host {

/// Whether a long option may be given by its beginning, if no other begins so, as getopt_long(3) has it: LXC's tools alone.
enum class LongOptions {
  whole,
  abbreviated
};

/// The command line, read by the options of one command and the global ones.
class Arguments {
 public:
  bool has(std::string_view option) const { return last(option) != nullptr; }
  /// The last one given, as getopt(3) programs have it.
  std::string value(std::string_view option, std::string_view fallback = {}) const {
    const std::string* found = last(option);
    return found ? *found : std::string(fallback);
  }
  std::vector<std::string> values(std::string_view option) const;
  /// Of two options the one that stands further back; empty when neither is there.
  std::string_view later_of(std::string_view one, std::string_view other) const;
  /// Errors: usage, when it is not a decimal number within the bounds.
  Result<long> number(std::string_view option, long fallback, long least, long most) const;

  std::string name;                ///< of the container
  std::vector<std::string> words;  ///< the other operands before `--`; of name_and_command, name_and_words and words: with what follows it
  std::vector<std::string> rest;   ///< what follows `--`, of name_and_rest and name_words_and_rest

 private:
  friend Result<Arguments> parse_arguments(const Command*, std::vector<std::string>, LongOptions);
  const std::string* last(std::string_view option) const;
  std::vector<std::pair<std::string, std::string>> given_;  ///< in the order of the command line
};

struct CommandLine {
  const Command* command = nullptr;  ///< null: none was named; then `arguments` has the global options alone
  Arguments arguments;
};

/// `arguments` without the program's name. Errors: usage, with did-you-mean for verbs and options. With --help or --version among the
/// options, a missing name is none.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments);

/// What follows the verb, and the global options before it. A null command has no options of its own.
Result<Arguments> parse_arguments(const Command* command, std::vector<std::string> arguments, LongOptions long_options = LongOptions::whole);

/// Splits KEY=VALUE. Errors: usage, naming the option.
Result<std::pair<std::string, std::string>> split_assignment(std::string_view text, std::string_view option);

}  // namespace lxcx::host
