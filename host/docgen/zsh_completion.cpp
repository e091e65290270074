// SPDX-License-Identifier: Apache-2.0
#include "host/docgen/completion.hpp"

#include <algorithm>

namespace lxcx::host {
namespace {

/// Inside single quotes, inside an _arguments specification (zshcompsys(1)).
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else if (c == '[' || c == ']' || c == ':' || c == '\\')
      out += std::string{'\\', c};
    else
      out += c;
  }
  return out;
}

std::string action(Completes what) {
  if (what == Completes::file) return "_files";
  if (what == Completes::directory) return "_files -/";
  if (what == Completes::verb) return "_lxcx_verbs";
  const WordSource source = word_source(what);
  if (!source.query.empty()) return "_lxcx_ask " + (source.words.empty() ? "" : "+" + std::string(source.words) + " ") + std::string(source.query);
  if (!source.words.empty()) return "(" + std::string(source.words) + ")";
  return " ";
}

bool is_repeatable(const Option& option) { return option.help.find("May be repeated") != std::string_view::npos; }

std::string specification(const Option& option) {
  const std::string name = "--" + std::string(option.name), letter = option.letter ? std::string{'-', option.letter} : "";
  std::string help = "[" + escape(brief(option.help)) + "]";
  std::string value;
  if (!option.is_flag()) {
    const std::string_view shown = option.value_is_optional() ? option.value.substr(1, option.value.size() - 2) : option.value;
    value = (option.value_is_optional() ? "::" : ":") + escape(shown) + ":" + action(option.completes);
  }
  const std::string_view long_end = option.is_flag() ? "" : option.value_is_optional() ? "=-" : "=";
  const std::string_view short_end = option.is_flag() ? "" : option.value_is_optional() ? "-" : "+";
  std::string out;
  const std::string excluded = is_repeatable(option) ? "*" : letter.empty() ? "" : "(" + letter + " " + name + ")";
  if (!letter.empty()) out += "    '" + excluded + letter + std::string(short_end) + help + value + "'\n";
  return out + "    '" + excluded + name + std::string(long_end) + help + value + "'\n";
}

std::string specifications(std::span<const Option> options, std::span<const Option> hidden = {}) {
  std::string out;
  for (const Option& option : options)
    if (std::ranges::find(hidden, option.name, &Option::name) == hidden.end()) out += specification(option);
  return out;
}

std::string operands(const Command& command) {
  if (!command.subcommands.empty()) {
    std::string names;
    for (const Subcommand& sub : command.subcommands) names += (names.empty() ? "" : " ") + std::string(sub.name);
    return "    '1:subcommand:(" + names + ")'\n    '*::operand:_lxcx_" + std::string(command.name) + "_operand'\n";
  }
  std::string out;
  if (command.completes != Completes::nothing) out += "    '1:operand:" + action(command.completes) + "'\n";
  if (command.takes == Operands::name_and_command) out += "    '*:::command: _normal'\n";
  return out;
}

/// What stands after a subcommand: $words[1] is its name there.
std::string operand_function(const Command& command) {
  std::string out = "_lxcx_" + std::string(command.name) + "_operand() {\n  case \"$words[1] $CURRENT\" in\n";
  for (const Subcommand& sub : command.subcommands) {
    if (sub.first != Completes::nothing) out += "    '" + std::string(sub.name) + " 2') _lxcx_do '" + action(sub.first) + "' ;;\n";
    if (sub.second != Completes::nothing) out += "    '" + std::string(sub.name) + " 3') _lxcx_do '" + action(sub.second) + "' ;;\n";
  }
  return out + "  esac\n}\n";
}

std::string verbs() {
  std::string out = "_lxcx_verbs() {\n  local -a verbs=(\n";
  for (const Command* command : all_commands()) out += "    '" + std::string(command->name) + ":" + escape(command->summary) + "'\n";
  return out + "  )\n  _describe -t commands command verbs\n}\n";
}

constexpr std::string_view head = R"sh(#compdef lxcx
# zsh completion for lxcx. Made by lxcx-docgen from the tables of commands.

# Asks lxcx, with the --lxcpath and --plugin-dir of the line that is being completed, for words, one on a line.
_lxcx_ask() {
  local -a found
  _lxcx_note_globals
  # _arguments puts compadd's own options first; +WORD is one more word.
  local -a own=()
  while [[ $# -gt 0 && $1 != (ls|plugin) ]]; do
    if [[ $1 == +* ]]; then found+=("${1#+}"); else own+=("$1"); fi
    shift
  done
  found+=(${(f)"$(command lxcx $lxcx_globals "$@" 2>/dev/null)"})
  compadd "$own[@]" -a found
}
# Before and after the verb it is another _arguments that reads the options.
_lxcx_note_globals() {
  local option
  for option in -P --lxcpath --plugin-dir; do
    [[ -n $opt_args[$option] ]] && lxcx_globals+=("$option" "${(Q)opt_args[$option]}")
  done
}
_lxcx_do() {
  case $1 in
    \(*\)) compadd -- ${=${1#\(}%\)} ;;
    *) ${=1} ;;
  esac
}
)sh";

}  // namespace

std::string zsh_completion() {
  std::string out(head);
  out += verbs();
  for (const Command* command : all_commands())
    if (!command->subcommands.empty()) out += operand_function(*command);
  out += "_lxcx() {\n  local curcontext=$curcontext state line verb\n  local -a lxcx_globals\n  typeset -A opt_args\n";
  out += "  _arguments -C -S \\\n    '1:command:_lxcx_verbs' '*::argument:->rest' \"${_lxcx_global_options[@]}\" && return\n";
  out += "  [[ $state == rest ]] || return 1\n  _lxcx_note_globals\n  verb=$words[1]\n  case $verb in\n";
  for (const Command* command : all_commands()) {
    out += "  " + std::string(command->name) + ")\n    local -a own=(\n" + specifications(command->options) +
           specifications(global_options(), command->options) + operands(*command) + "    )\n    _arguments -S \"${own[@]}\" ;;\n";
  }
  out += "  esac\n}\n";
  out += "typeset -ga _lxcx_global_options=(\n" + specifications(global_options()) + ")\n";
  return out + "if [[ $funcstack[1] == _lxcx ]]; then _lxcx \"$@\"; else compdef _lxcx lxcx; fi\n";
}

}  // namespace lxcx::host
