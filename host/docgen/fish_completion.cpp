// SPDX-License-Identifier: Apache-2.0
#include "host/docgen/completion.hpp"

namespace lxcx::host {
namespace {

/// Inside fish's single quotes only ' and \ are special.
std::string quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// -x: a value that is no file; -r -F: a file.
std::string value_switches(Completes what) {
  if (what == Completes::file) return " -r -F";
  if (what == Completes::directory) return " -x -a '(__fish_complete_directories)'";
  if (what == Completes::verb) return " -x -a '(__lxcx_verbs)'";
  const WordSource source = word_source(what);
  std::string words(source.words);
  if (!source.query.empty()) words += (words.empty() ? "" : " ") + ("(__lxcx_ask " + std::string(source.query) + ")");
  return words.empty() ? " -x" : " -x -a " + quote(words);
}

std::string option_line(const std::string& condition, const Option& option) {
  std::string out = "complete -c lxcx";
  if (!condition.empty()) out += " -n " + quote(condition);
  if (option.letter) out += std::string(" -s ") + option.letter;
  out += " -l " + std::string(option.name);
  if (!option.is_flag() && !option.value_is_optional()) out += value_switches(option.completes);
  return out + " -d " + quote(brief(option.help)) + '\n';
}

std::string operand_line(const std::string& condition, Completes what) {
  std::string switches = value_switches(what);
  if (what == Completes::file) switches = " -F";
  return "complete -c lxcx -n " + quote(condition) + switches + '\n';
}

std::string command_lines(const Command& command) {
  const std::string verb(command.name), is = "__lxcx_is " + verb;
  std::string out = "complete -c lxcx -n __lxcx_needs_verb -a " + verb + " -d " + quote(command.summary) + '\n';
  for (const Option& option : command.options) out += option_line(is, option);
  if (command.completes != Completes::nothing) out += operand_line(is + " 0", command.completes);
  for (const Subcommand& sub : command.subcommands) {
    const std::string name(sub.name);
    out += "complete -c lxcx -n " + quote(is + " 0") + " -a " + name + " -d " + quote(sub.summary) + '\n';
    if (sub.first != Completes::nothing) out += operand_line(is + " 1 " + name, sub.first);
    if (sub.second != Completes::nothing) out += operand_line(is + " 2 " + name, sub.second);
  }
  if (command.takes == Operands::name_and_command) out += "complete -c lxcx -n " + quote(is + " more") + " -F\n";
  return out;
}

/// The options that take the next word, so that the script can tell values from operands.
std::string value_options() {
  std::string out = "set -g __lxcx_value_options";
  const auto add = [&](std::string_view verb, std::span<const Option> options) {
    for (const Option& option : options) {
      if (option.is_flag() || option.value_is_optional()) continue;
      if (option.letter) out += " '" + std::string(verb) + " -" + option.letter + "'";
      out += " '" + std::string(verb) + " --" + std::string(option.name) + "'";
    }
  };
  add("any", global_options());
  for (const Command* command : all_commands()) add(command->name, command->options);
  return out + '\n';
}

constexpr std::string_view functions = R"sh(
# Sets __lxcx_verb, __lxcx_operands and __lxcx_globals from the line before the cursor.
function __lxcx_read_line
    set -g __lxcx_verb
    set -g __lxcx_operands
    set -g __lxcx_globals
    set -l pending
    for word in (commandline -opc)[2..-1]
        if test -n "$pending"
            contains -- $pending -P --lxcpath --plugin-dir; and set -a __lxcx_globals $pending $word
            set pending
        else if string match -q -- '-*' $word
            if contains -- "any $word" $__lxcx_value_options; or contains -- "$__lxcx_verb $word" $__lxcx_value_options
                set pending $word
            end
        else if test -z "$__lxcx_verb"
            set __lxcx_verb $word
        else
            set -a __lxcx_operands $word
        end
    end
end
function __lxcx_needs_verb
    __lxcx_read_line
    test -z "$__lxcx_verb"
end
# __lxcx_is VERB [COUNT|more [FIRST]]: the verb, how many operands stand before the cursor, and the first of them.
function __lxcx_is
    __lxcx_read_line
    test "$__lxcx_verb" = $argv[1]; or return 1
    test (count $argv) -lt 2; and return 0
    set -l count (count $__lxcx_operands)
    if test $argv[2] = more
        test $count -gt 0; or return 1
    else
        test $count -eq $argv[2]; or return 1
    end
    test (count $argv) -lt 3; and return 0
    test "$__lxcx_operands[1]" = $argv[3]
end
# Asks lxcx, with the --lxcpath and --plugin-dir of the line that is being completed.
function __lxcx_ask
    __lxcx_read_line
    command lxcx $__lxcx_globals $argv 2>/dev/null
end
)sh";

}  // namespace

std::string fish_completion() {
  std::string out = "# fish completion for lxcx. Made by lxcx-docgen from the tables of commands.\n" + value_options() + std::string(functions);
  out += "function __lxcx_verbs\n    printf '%s\\n'";
  for (const Command* command : all_commands()) out += ' ' + std::string(command->name);
  out += "\nend\n\ncomplete -c lxcx -f\n";
  for (const Option& option : global_options()) {
    const bool hidden = option.name == "template";  // create has its own
    out += option_line(hidden ? "not __lxcx_is create" : "", option);
  }
  for (const Command* command : all_commands()) out += command_lines(*command);
  return out;
}

}  // namespace lxcx::host
