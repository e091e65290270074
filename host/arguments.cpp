// SPDX-License-Identifier: Apache-2.0
#include "host/arguments.hpp"

#include <algorithm>
#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>

#include "core/base/text.hpp"

namespace lxcx::host {
namespace {

namespace po = boost::program_options;

/// Boost lets an option whose value is optional swallow operands (attach -e web). So to Boost such an option is a flag; with an adjacent value
/// (--elevated-privileges=LSM, -eLSM) it is another option, NAME.value, which needs one.
constexpr std::string_view value_suffix = ".value";

const Option* find_option(std::span<const Option> options, std::string_view name, char letter) {
  for (const Option& option : options)
    if (letter ? option.letter == letter : option.name == name) return &option;
  return nullptr;
}

void add_option(po::options_description& description, const std::string& names, bool is_flag) {
  // Both are the description's from here on.
  description.add(boost::shared_ptr<po::option_description>(new po::option_description(names.c_str(), new po::untyped_value(is_flag))));
}

/// A command's own option hides a global one of the same name (create's -t, --template).
void describe(std::span<const Option> options, std::span<const Option> overriding, po::options_description& description) {
  for (const Option& option : options) {
    if (find_option(overriding, option.name, 0)) continue;
    std::string names(option.name);
    if (option.letter) names += std::string(",") + option.letter;
    add_option(description, names, option.is_flag() || option.value_is_optional());
    if (option.value_is_optional()) add_option(description, std::string(option.name) + std::string(value_suffix), false);
  }
}

/// Called by Boost where an option may stand, before its own parsers: takes one with an adjacent optional value.
std::vector<po::option> take_adjacent_value(std::span<const Option> options, std::vector<std::string>& words) {
  for (const Option& option : options) {
    if (!option.value_is_optional()) continue;
    const std::string long_form = "--" + std::string(option.name) + "=", short_form{'-', option.letter};
    const bool is_short = option.letter && words.front().starts_with(short_form) && words.front().size() > short_form.size();
    if (!is_short && !words.front().starts_with(long_form)) continue;
    std::string value = words.front().substr(is_short ? short_form.size() : long_form.size());
    if (is_short && value.starts_with('=')) value.erase(0, 1);  // -e=LSM, where getopt(3) keeps the sign
    words.erase(words.begin());
    return {po::option(std::string(option.name) + std::string(value_suffix), {std::move(value)})};
  }
  return {};
}

/// Whether a global option's value is the next word. Errors: usage, when it is no global option.
Result<bool> takes_next_word(const std::string& word) {
  const auto unknown = [&] {
    return fail(Code::usage, "'" + word + "' is not an option of lxcx itself", "options of a command stand after the command's name");
  };
  if (word == "-?") return false;
  if (word[1] == '-') {
    const std::size_t equals = word.find('=');
    const Option* option = find_option(global_options(), std::string_view(word).substr(2, equals - 2), 0);
    if (!option) return unknown();
    return !option->is_flag() && equals == std::string::npos;
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    const Option* option = find_option(global_options(), {}, word[i]);
    if (!option) return unknown();
    if (!option->is_flag()) return i + 1 == word.size();
  }
  return false;
}

/// The index of the verb among the words, or their number: the first word that is neither a global option nor the value of one.
Result<std::size_t> find_verb(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") break;
    if (words[i].size() < 2 || words[i][0] != '-') return i;
    LXCX_TRY(takes_next, takes_next_word(words[i]));
    if (takes_next) ++i;
  }
  return words.size();
}

Failure unknown_option(const Command* command, const std::string& word) {
  std::vector<std::string_view> names;
  for (const Option& option : global_options()) names.push_back(option.name);
  if (command)
    for (const Option& option : command->options) names.push_back(option.name);
  const std::string_view bare = std::string_view(word).substr(std::min(word.find_first_not_of('-'), word.size()));
  const std::string_view near = word.starts_with("--") ? core::nearest(bare.substr(0, bare.find('=')), names) : std::string_view{};
  std::string hint = "`lxcx help" + (command ? " " + std::string(command->name) : std::string()) + "` lists the options";
  if (command && command->takes == Operands::name_and_command) hint += "; those of the program to run stand after --";
  if (command && command->takes == Operands::name_and_words) hint += "; an operand that begins with - stands after --";
  if (!near.empty()) hint = "did you mean '--" + std::string(near) + "'?";
  return fail(Code::usage, (command ? std::string(command->name) : "lxcx") + " has no option '" + word + "'", std::move(hint));
}

/// Boost's exceptions end here.
Result<std::vector<po::option>> run_parser(const Command* command, const std::vector<std::string>& words, LongOptions long_options) {
  using namespace po::command_line_style;
  int style = allow_long | long_allow_adjacent | long_allow_next | allow_short | allow_dash_for_short | short_allow_adjacent | short_allow_next |
              allow_sticky;
  if (long_options == LongOptions::abbreviated) style |= allow_guessing;
  try {
    po::options_description description;
    if (command) describe(command->options, {}, description);
    describe(global_options(), command ? command->options : std::span<const Option>{}, description);
    const std::span<const Option> own = command ? command->options : std::span<const Option>{};
    po::command_line_parser parser(words);
    parser.options(description).style(style).extra_style_parser([own](std::vector<std::string>& left) { return take_adjacent_value(own, left); });
    return parser.run().options;
  } catch (const po::unknown_option& error) {
    return unknown_option(command, error.get_option_name());
  } catch (const po::invalid_command_line_syntax& error) {
    const std::string option = error.get_option_name();
    switch (error.kind()) {
      case po::invalid_syntax::extra_parameter: return fail(Code::usage, "option '" + option + "' takes no value");
      case po::invalid_syntax::missing_parameter:
      case po::invalid_syntax::empty_adjacent_parameter: return fail(Code::usage, "option '" + option + "' needs a value");
      default: return fail(Code::usage, error.what());
    }
  } catch (const std::exception& error) {
    return fail(Code::usage, error.what());
  }
}

/// Sorts the words that are no options into name, words and rest, by what the command takes.
Result<void> place_operands(const Command* command, Arguments& arguments, std::vector<std::string> after_dashes) {
  const Operands takes = command ? command->takes : Operands::none;
  const bool has_rest = takes == Operands::name_and_rest || takes == Operands::name_words_and_rest;
  const bool needs_name = takes == Operands::name || takes == Operands::name_and_command || takes == Operands::name_and_words || has_rest;
  arguments.name = arguments.value("name");
  if (needs_name && !arguments.has("name") && !arguments.words.empty()) {
    arguments.name = arguments.words.front();
    arguments.words.erase(arguments.words.begin());
  }
  if (arguments.has("help") || arguments.has("version")) return {};
  if (needs_name && arguments.name.empty()) return fail(Code::usage, "no container name", "lxcx " + std::string(command->name) + " NAME, or -n NAME");
  const bool words_allowed =
      takes == Operands::words || takes == Operands::name_and_command || takes == Operands::name_and_words || takes == Operands::name_words_and_rest;
  if (words_allowed && !has_rest)
    std::ranges::move(after_dashes, std::back_inserter(arguments.words));
  else
    arguments.rest = std::move(after_dashes);
  if (!words_allowed && !arguments.words.empty())
    return fail(Code::usage, "unexpected argument '" + arguments.words.front() + "'",
                takes == Operands::name_and_rest ? "the template's own arguments stand after --" : "");
  if (!has_rest && !arguments.rest.empty()) return fail(Code::usage, "nothing may follow -- here: '" + arguments.rest.front() + "'");
  return {};
}

}  // namespace

Result<Arguments> parse_arguments(const Command* command, std::vector<std::string> words, LongOptions long_options) {
  const auto dashes = std::ranges::find(words, "--");
  std::vector<std::string> after_dashes;
  if (dashes != words.end()) after_dashes.assign(std::next(dashes), words.end());
  words.erase(dashes, words.end());
  std::ranges::replace(words, std::string("-?"), std::string("--help"));
  LXCX_TRY(options, run_parser(command, words, long_options));
  Arguments arguments;
  for (po::option& option : options) {
    if (option.position_key >= 0) {
      std::ranges::move(option.value, std::back_inserter(arguments.words));
      continue;
    }
    std::string value = option.value.empty() ? std::string() : std::move(option.value.front());
    if (option.string_key.ends_with(value_suffix)) option.string_key.resize(option.string_key.size() - value_suffix.size());
    arguments.given_.emplace_back(std::move(option.string_key), std::move(value));
  }
  LXCX_CHECK(place_operands(command, arguments, std::move(after_dashes)));
  return arguments;
}

Result<CommandLine> parse_command_line(const std::vector<std::string>& words) {
  LXCX_TRY(verb, find_verb(words));
  CommandLine line;
  std::vector<std::string> others = words;
  if (verb < words.size()) {
    LXCX_TRY(command, find_command(words[verb]));
    line.command = command;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(verb));
  }
  LXCX_TRY(arguments, parse_arguments(line.command, std::move(others)));
  line.arguments = std::move(arguments);
  return line;
}

const std::string* Arguments::last(std::string_view option) const {
  for (auto it = given_.rbegin(); it != given_.rend(); ++it)
    if (it->first == option) return &it->second;
  return nullptr;
}

std::string_view Arguments::later_of(std::string_view one, std::string_view other) const {
  const auto found = std::find_if(given_.rbegin(), given_.rend(), [&](const auto& each) { return each.first == one || each.first == other; });
  return found == given_.rend() ? std::string_view() : found->first == one ? one : other;
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : given_)
    if (key == option) found.push_back(value);
  return found;
}

Result<long> Arguments::number(std::string_view option, long fallback, long least, long most) const {
  const std::string* text = last(option);
  if (!text) return fallback;
  const Result<std::int64_t> parsed = core::parse_integer(*text);
  if (!parsed || *parsed < least || *parsed > most)
    return fail(Code::usage,
                "--" + std::string(option) + ": '" + *text + "' is not a number from " + std::to_string(least) + " to " + std::to_string(most));
  return static_cast<long>(*parsed);
}

Result<std::pair<std::string, std::string>> split_assignment(std::string_view text, std::string_view option) {
  const std::size_t equals = text.find('=');
  const std::string_view key = core::trim(text.substr(0, equals));
  if (equals == std::string_view::npos || key.empty())
    return fail(Code::usage, "--" + std::string(option) + ": '" + std::string(text) + "' is not of the form KEY=VALUE");
  return std::pair(std::string(key), std::string(core::trim(text.substr(equals + 1))));
}

}  // namespace lxcx::host
