// SPDX-License-Identifier: Apache-2.0
#include "host/report.hpp"

#include <cstring>
#include <ranges>

#include "core/base/text.hpp"
#include "host/printable.hpp"

namespace lxcx::host {
namespace {

std::string location_text(const Location& where) {
  std::string text = where.file;
  if (where.line) text += ':' + std::to_string(where.line);
  if (where.line && where.column) text += ':' + std::to_string(where.column);
  return text;
}

void append_indented(std::string& out, std::string_view text) {
  for (const std::string& line : core::split(text, '\n', true))
    if (!line.empty()) out += "  " + printable(line) + '\n';
}

}  // namespace

std::string_view code_name(Code code) {
  for (const ExitCode& known : exit_codes)
    if (known.code == code) return known.name;
  return "internal";
}

std::string message_text(const Error& error) {
  std::string text;
  for (const std::string& step : std::views::reverse(error.context)) text += step + ": ";
  text += error.message;
  const char* description = error.sys_errno ? ::strerrordesc_np(error.sys_errno) : nullptr;
  if (error.sys_errno) text += ": " + (description ? std::string(description) : "errno " + std::to_string(error.sys_errno));
  return text;
}

std::string error_text(const Error& error, std::string_view program) {
  const std::string head = std::string(program) + ": " + message_text(error);
  // What a program said follows below the first line.
  const std::size_t first_end = std::min(head.find('\n'), head.size());
  std::string out = printable(std::string_view(head).substr(0, first_end)) + '\n';
  append_indented(out, std::string_view(head).substr(first_end));

  const std::string_view details = core::trim(error.details);
  const bool one_line = !details.empty() && !details.contains('\n');
  if (error.where) append_indented(out, location_text(*error.where) + (one_line ? ": " + std::string(details) : std::string()));
  if (!one_line || !error.where) append_indented(out, error.details);
  if (!error.hint.empty()) append_indented(out, "hint: " + error.hint);
  return out;
}

}  // namespace lxcx::host
