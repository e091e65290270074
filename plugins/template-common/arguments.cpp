// SPDX-License-Identifier: Apache-2.0
#include "template-common/arguments.hpp"

#include <algorithm>

namespace lxcx::templates {
namespace {

std::string shown(const Option& option) { return "--" + std::string(option.name); }

std::string known(std::span<const Option> options) {
  if (options.empty()) return "this template has no options";
  std::string text = "this template knows";
  for (const Option& option : options) text += " " + shown(option);
  return text;
}

}  // namespace

Result<std::map<std::string, std::string, std::less<>>> parse_arguments(std::span<const Option> options, std::span<const std::string_view> words) {
  std::map<std::string, std::string, std::less<>> values;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const bool is_long = word.starts_with("--") && word.size() > 2;
    const bool is_short = !is_long && word.size() >= 2 && word[0] == '-';
    const auto equals = is_long ? word.find('=') : std::string_view::npos;
    const auto found = std::ranges::find_if(options, [&](const Option& option) {
      return is_long ? option.name == word.substr(2, equals == std::string_view::npos ? equals : equals - 2) : is_short && option.letter == word[1];
    });
    if (found == options.end()) return fail(Code::usage, "unknown template argument '" + std::string(word) + "'", known(options));
    const bool has_value = is_long ? equals != std::string_view::npos : word.size() > 2;
    if (found->value.empty()) {
      if (has_value) return fail(Code::usage, shown(*found) + " takes no value", "write " + shown(*found));
      values[std::string(found->name)] = "";
      continue;
    }
    if (!has_value && i + 1 == words.size())
      return fail(Code::usage, shown(*found) + " needs a value", shown(*found) + "=" + std::string(found->value));
    const std::string_view value = !has_value ? words[++i] : is_long ? word.substr(equals + 1) : word.substr(2);
    if (value.empty()) return fail(Code::usage, shown(*found) + " needs a value", shown(*found) + "=" + std::string(found->value));
    values[std::string(found->name)] = value;
  }
  return values;
}

void emit_options(Call& call, std::span<const Option> options) {
  for (const Option& option : options) {
    std::string text = shown(option);
    if (!option.value.empty()) text.append("=").append(option.value);
    call.result("option", text.append("\t").append(option.standard).append("\t").append(option.doc));
  }
}

}  // namespace lxcx::templates
