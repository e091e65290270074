// SPDX-License-Identifier: Apache-2.0
#include "core/base/error_frame.hpp"

#include "core/base/text.hpp"

namespace lxcx::core {

// One `key<TAB>value` line for each member that is set; values escaped.
std::string pack_error(const Error& error) {
  std::string bytes;
  const auto line = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) bytes += std::string(key) + "\t" + escape_line(value) + "\n";
  };
  line("code", std::to_string(static_cast<int>(error.code)));
  line("errno", std::to_string(error.sys_errno));
  line("message", error.message);
  line("hint", error.hint);
  for (const std::string& each : error.context) line("context", each);
  if (error.where) {
    line("file", error.where->file);
    line("line", std::to_string(error.where->line));
    line("column", std::to_string(error.where->column));
  }
  line("details", error.details);
  return bytes;
}

Error unpack_error(std::string_view bytes) {
  Error error;
  bool has_code = false;
  for (const std::string& each : split(bytes, '\n')) {
    const std::size_t tab = each.find('\t');
    if (tab == std::string::npos) continue;
    const std::string key = each.substr(0, tab);
    const std::string value = unescape_line(std::string_view(each).substr(tab + 1));
    const std::int64_t number = parse_integer(value).value_or(0);
    if (key == "code") {
      has_code = number >= LXCX_USAGE && number <= LXCX_CANCELLED;
      if (has_code) error.code = static_cast<Code>(number);
    } else if (key == "errno") {
      error.sys_errno = static_cast<int>(number);
    } else if (key == "message") {
      error.message = value;
    } else if (key == "hint") {
      error.hint = value;
    } else if (key == "context") {
      error.context.push_back(value);
    } else if (key == "file") {
      error.where.emplace().file = value;
    } else if (key == "line" && error.where) {
      error.where->line = static_cast<unsigned>(number);
    } else if (key == "column" && error.where) {
      error.where->column = static_cast<unsigned>(number);
    } else if (key == "details") {
      error.details = value;
    }
  }
  if (!has_code) error.message = "a process of lxcx sent an unreadable report";
  return error;
}

}  // namespace lxcx::core
