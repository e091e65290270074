// SPDX-License-Identifier: Apache-2.0
#include "host/help.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "host/printable.hpp"

namespace lxcx::host {
namespace {

constexpr std::size_t text_column = 30;
constexpr std::size_t line_width = 100;

/// A heading at the left and a text beside it, or below when the heading is long, wrapped.
std::string entry(std::string heading, std::string_view text) {
  std::string out = "  " + std::move(heading);
  if (width(out) + 2 > text_column)
    out += '\n' + std::string(text_column, ' ');
  else
    out.append(text_column - width(out), ' ');
  std::size_t column = text_column;
  for (const std::string& word : core::split(text, ' ')) {
    if (column > text_column && column + width(word) > line_width) {
      out += '\n' + std::string(text_column, ' ');
      column = text_column;
    } else if (column > text_column) {
      out += ' ';
    }
    out += word;
    column += width(word) + 1;
  }
  return out + '\n';
}

std::string entries(std::span<const Option> options, std::span<const Option> hidden = {}) {
  std::string out;
  for (const Option& option : options)
    if (std::ranges::find(hidden, option.name, &Option::name) == hidden.end()) out += entry(option_heading(option), option.help);
  return out;
}

}  // namespace

std::string synopsis(const Command& command, std::string_view called) {
  std::string out = (called.empty() ? "lxcx " + std::string(command.name) : std::string(called)) + " [options]";
  if (!command.operands.empty()) out += ' ' + std::string(command.operands);
  return out;
}

std::string option_heading(const Option& option) {
  std::string out = option.letter ? std::string{'-', option.letter, ',', ' '} : std::string(4, ' ');
  out += "--" + std::string(option.name);
  if (option.value_is_optional()) return out + "[=" + std::string(option.value.substr(1));
  if (!option.is_flag()) out += '=' + std::string(option.value);
  return out;
}

std::string command_help(const Command& command, std::string_view called) {
  std::string out = "Usage: " + synopsis(command, called) + '\n' + std::string(command.summary) + ".\n";
  if (!command.subcommands.empty()) out += "\nWhat it does:\n";
  for (const Subcommand& sub : command.subcommands)
    out += entry(std::string(sub.name) + (sub.operands.empty() ? "" : " ") + std::string(sub.operands), sub.summary);
  if (!command.options.empty()) out += "\nOptions:\n" + entries(command.options);
  out += "\nOptions of every command:\n" + entries(global_options(), command.options);
  return out + "\nMore: man lxcx-" + std::string(command.name) + '\n';
}

std::string general_help() {
  std::string out = "Usage: lxcx [options] COMMAND [options] [NAME] [-- CMD…]\nRuns Linux system containers.\n\nCommands:\n";
  for (const Command* command : all_commands()) out += entry(std::string(command->name), command->summary);
  out += "\nOptions of every command:\n" + entries(global_options());
  return out + "\n`lxcx help COMMAND` shows a command's options. Exit statuses: man lxcx\n";
}

}  // namespace lxcx::host
