// SPDX-License-Identifier: Apache-2.0
#include "host/docgen/completion.hpp"

namespace lxcx::host {
namespace {

/// How the script calls a kind of word; "text" is a value that nothing completes.
std::string_view kind_word(Completes what) {
  switch (what) {
    case Completes::nothing: return "text";
    case Completes::container: return "container";
    case Completes::file: return "file";
    case Completes::directory: return "directory";
    case Completes::template_: return "template";
    case Completes::storage: return "storage";
    case Completes::network: return "network";
    case Completes::security: return "security";
    case Completes::hook: return "hook";
    case Completes::plugin: return "plugin";
    case Completes::kind: return "kind";
    case Completes::state: return "state";
    case Completes::level: return "level";
    case Completes::format: return "format";
    case Completes::namespace_: return "namespace";
    case Completes::column: return "column";
    case Completes::verb: return "verb";
  }
  return "text";
}
constexpr Completes all_kinds[] = {Completes::container, Completes::template_,  Completes::storage, Completes::network, Completes::security,
                                   Completes::hook,      Completes::plugin,     Completes::kind,    Completes::state,   Completes::level,
                                   Completes::format,    Completes::namespace_, Completes::column};

/// "-d --daemon" of every option.
std::string option_words(std::span<const Option> options) {
  std::string out;
  for (const Option& option : options) {
    if (option.letter) out += std::string{'-', option.letter, ' '};
    out += "--" + std::string(option.name) + ' ';
  }
  return out;
}

/// `    "VERB -d" | "VERB --daemon") echo KIND ;;` for each option whose value is the next word.
std::string value_cases(std::string_view verb, std::span<const Option> options) {
  std::string out;
  for (const Option& option : options) {
    if (option.is_flag() || option.value_is_optional()) continue;
    const std::string prefix = verb.empty() ? "    *\" " : "    \"" + std::string(verb) + ' ';
    out += prefix;
    if (option.letter) out += std::string{'-', option.letter} + "\" | " + prefix.substr(4);
    out += "--" + std::string(option.name) + "\") echo " + std::string(kind_word(option.completes)) + " ;;\n";
  }
  return out;
}

std::string functions() {
  std::string out = "# What kind of value an option takes; fails when it takes none.\n_lxcx_value_kind() {\n  case \"$1 $2\" in\n";
  for (const Command* command : all_commands()) out += value_cases(command->name, command->options);
  out += value_cases({}, global_options()) + "    *) return 1 ;;\n  esac\n}\n";

  out += "_lxcx_options() {\n  echo \"" + option_words(global_options()) + "\"\n  case \"$1\" in\n";
  for (const Command* command : all_commands())
    if (!command->options.empty()) out += "    " + std::string(command->name) + ") echo \"" + option_words(command->options) + "\" ;;\n";
  out += "  esac\n}\n";

  out += "# The words of a kind, one on a line.\n_lxcx_words() {\n  case \"$1\" in\n";
  for (const Completes kind : all_kinds) {
    const WordSource source = word_source(kind);
    out += "    " + std::string(kind_word(kind)) + ") ";
    if (!source.words.empty()) out += "printf '%s\\n' " + std::string(source.words) + "; ";
    if (!source.query.empty()) out += "_lxcx_query " + std::string(source.query) + "; ";
    out += ";;\n";
  }
  out += "    verb) printf '%s\\n'";
  for (const Command* command : all_commands()) out += ' ' + std::string(command->name);
  return out + " ;;\n  esac\n}\n";
}

/// `    "VERB 0") echo KIND ;;`: what the operand after so many others is.
std::string operand_cases() {
  std::string out = "_lxcx_operand_kind() {\n  case \"$1 $2 $3\" in\n";
  for (const Command* command : all_commands()) {
    const std::string verb(command->name);
    if (command->completes != Completes::nothing) out += "    \"" + verb + " 0 \") echo " + std::string(kind_word(command->completes)) + " ;;\n";
    for (const Subcommand& sub : command->subcommands) {
      const std::string name(sub.name);
      if (sub.first != Completes::nothing) out += "    \"" + verb + " 1 " + name + "\") echo " + std::string(kind_word(sub.first)) + " ;;\n";
      if (sub.second != Completes::nothing) out += "    \"" + verb + " 2 " + name + "\") echo " + std::string(kind_word(sub.second)) + " ;;\n";
    }
  }
  out += "  esac\n}\n_lxcx_subcommands() {\n  case \"$1\" in\n";
  for (const Command* command : all_commands()) {
    if (command->subcommands.empty()) continue;
    out += "    " + std::string(command->name) + ") printf '%s\\n'";
    for (const Subcommand& sub : command->subcommands) out += ' ' + std::string(sub.name);
    out += " ;;\n";
  }
  return out + "  esac\n}\n";
}

constexpr std::string_view head = R"sh(# bash completion for lxcx. Made by lxcx-docgen from the tables of commands.

# Asks lxcx, with the --lxcpath and --plugin-dir of the line that is being completed.
_lxcx_query() {
  command lxcx "${_lxcx_globals[@]}" "$@" 2>/dev/null
}
)sh";

constexpr std::string_view tail = R"sh(
_lxcx_complete() {
  case "$1" in
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$(_lxcx_words "$1")" -- "$2") ;;
  esac
}

_lxcx() {
  local cur=${COMP_WORDS[COMP_CWORD]} verb= first= word kind i operands=0 pending= _lxcx_globals=()
  COMPREPLY=()
  # --option=value arrives as three words.
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == "=" ]]; then continue; fi
    if [[ -n $pending ]]; then
      case $pending in -P | --lxcpath | --plugin-dir) _lxcx_globals+=("$pending" "$word") ;; esac
      pending=
    elif [[ $word == -- ]]; then
      compopt -o default 2>/dev/null
      return
    elif [[ $word == -* ]]; then
      if _lxcx_value_kind "$verb" "$word" >/dev/null; then pending=$word; fi
    elif [[ -z $verb ]]; then
      verb=$word
    else
      if ((operands == 0)); then first=$word; fi
      operands=$((operands + 1))
    fi
  done
  if [[ $cur == "=" ]]; then cur=; fi
  if [[ -n $pending ]]; then
    _lxcx_complete "$(_lxcx_value_kind "$verb" "$pending")" "$cur"
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_lxcx_options "$verb")" -- "$cur")
  elif [[ -z $verb ]]; then
    _lxcx_complete verb "$cur"
  elif ((operands == 0)) && [[ -n $(_lxcx_subcommands "$verb") ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_lxcx_subcommands "$verb")" -- "$cur")
  else
    kind=$(_lxcx_operand_kind "$verb" "$operands" "$( ((operands > 0)) && [[ -n $(_lxcx_subcommands "$verb") ]] && echo "$first")")
    if [[ -n $kind ]]; then _lxcx_complete "$kind" "$cur"; fi
  fi
}
complete -F _lxcx lxcx
)sh";

}  // namespace

std::string bash_completion() { return std::string(head) + functions() + operand_cases() + std::string(tail); }

}  // namespace lxcx::host
