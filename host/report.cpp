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

std::string error_text(const Error& error) {
  std::string head = "lxcx: ";
  for (const std::string& step : std::views::reverse(error.context)) head += step + ": ";
  head += error.message;
  const char* description = error.sys_errno ? ::strerrordesc_np(error.sys_errno) : nullptr;
  if (error.sys_errno) head += ": " + (description ? std::string(description) : "errno " + std::to_string(error.sys_errno));
  std::string out = printable(head) + '\n';

  const std::string_view details = core::trim(error.details);
  const bool one_line = !details.empty() && !details.contains('\n');
  if (error.where) append_indented(out, location_text(*error.where) + (one_line ? ": " + std::string(details) : std::string()));
  if (!one_line || !error.where) append_indented(out, error.details);
  if (!error.hint.empty()) append_indented(out, "hint: " + error.hint);
  return out;
}

}  // namespace lxcx::host
