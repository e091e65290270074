// SPDX-License-Identifier: Apache-2.0
// The words after `--`: a template's own options.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "lxcx/template.hpp"

namespace lxcx::templates {

struct Option {
  std::string_view name;      ///< without dashes
  char letter;                ///< or 0
  std::string_view value;     ///< what help calls its value; empty: a switch
  std::string_view standard;  ///< what help says its default is
  std::string_view doc;
};

/// The values by option name ("" for a switch). Knows --name=VALUE, --name VALUE, -l VALUE and -lVALUE. Errors: usage, for anything else.
Result<std::map<std::string, std::string, std::less<>>> parse_arguments(std::span<const Option> options, std::span<const std::string_view> words);

/// Emits "option" results, as the verb options has them.
void emit_options(Call& call, std::span<const Option> options);

}  // namespace lxcx::templates
