// SPDX-License-Identifier: Apache-2.0
// ContainerConfig -> text. The format cannot hold every value (CVE-2026-23953 was a line break in one): what it cannot hold is refused.
#include "core/config/diagnostics.hpp"
#include "core/config/parse.hpp"
#include "core/config/scan.hpp"

namespace lxcx::core {
namespace {

constexpr std::string_view line_ends("\n\r\0", 3);

bool is_key(std::string_view key) {
  const bool is_ours = key.starts_with("lxc.") || key.starts_with("lxcx.");
  const bool is_trimmed = !key.empty() && key.back() != ' ' && key.back() != '\t';
  return is_ours && is_trimmed && key.find('=') == key.npos;
}

}  // namespace

Result<std::string> config_line(std::string_view key, std::string_view value) {
  if (!is_key(key) || key.find_first_of(line_ends) != key.npos) return fail(Code::config, shown(key) + " cannot be a key of a configuration");
  if (value.find_first_of(line_ends) != value.npos) {
    return fail(Code::config, "the value of " + shown(key) + " cannot be written: it has a line break or a NUL byte: " + shown(value),
                "a configuration has one line for a setting and no way to escape its end");
  }
  std::string line(key);
  line += value.empty() ? " =" : " = ";
  // One pair of quotes is taken off when a value is read, so a pair around it keeps whatever is inside.
  const bool needs_quotes = unquoted(value) != value;
  if (needs_quotes) line += '"';
  line += value;
  if (needs_quotes) line += '"';
  return line + '\n';
}

Result<std::string> print_config(const ContainerConfig& config) {
  std::string text;
  for (const Setting& setting : config.settings) {
    LXCX_TRY(line, config_line(setting.key, setting.value));
    text += line;
  }
  return text;
}

}  // namespace lxcx::core
