// SPDX-License-Identifier: Apache-2.0
#include "core/config/diagnostics.hpp"

#include <algorithm>

#include "core/config/parse.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t shown_width = 110;  // of a source line, in characters

std::string hex(unsigned value, int digits) {
  std::string text;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) text += "0123456789abcdef"[(value >> shift) & 15U];
  return text;
}

/// The length of the UTF-8 sequence at the front and its code point; length 0 when it is not valid UTF-8 (RFC 3629).
std::size_t decode(std::string_view text, char32_t& code_point) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    code_point = first;
    return 1;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  code_point = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
    code_point = (code_point << 6U) | (byte(i) & 0x3fU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  return code_point < smallest[length] || is_surrogate || code_point > 0x10ffff ? 0 : length;
}

/// Characters that show nothing or reorder what is shown ("Trojan Source", CVE-2021-42574).
bool is_deceptive(char32_t c) {
  return (c >= 0x80 && c <= 0x9f) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/// Appends the first character of `text` as it is shown; how many bytes it took, and how many columns it takes.
struct Step {
  std::size_t bytes, columns;
};
Step append_shown(std::string& out, std::string_view text) {
  char32_t c = 0;
  const std::size_t length = decode(text, c);
  const std::size_t before = out.size();
  if (length == 0) {
    out += "\\x" + hex(static_cast<unsigned char>(text[0]), 2);
  } else if (c == '\t') {
    out += ' ';
  } else if (c < 0x20 || c == 0x7f) {
    out += "\\x" + hex(static_cast<unsigned>(c), 2);
  } else if (is_deceptive(c)) {
    out += "\\u{" + hex(static_cast<unsigned>(c), 4) + "}";
  } else {
    out += text.substr(0, length);
    return {length, 1};
  }
  return {std::max<std::size_t>(length, 1), out.size() - before};
}

struct Window {
  std::string text;
  std::size_t caret;  ///< in columns, from 0
};

/// The part of a line around `column` (from 1) that fits on a screen.
Window window_around(std::string_view line, std::size_t column) {
  const std::size_t target = std::min(column > 0 ? column - 1 : 0, line.size());
  std::size_t begin = 0;
  if (line.size() > shown_width && target > shown_width / 2) begin = target - shown_width / 2;
  // Not into the middle of a character.
  while (begin > 0 && begin < line.size() && (static_cast<unsigned char>(line[begin]) & 0xc0U) == 0x80 && target - begin < shown_width) --begin;
  Window window{begin > 0 ? "..." : "", 0};
  std::size_t columns = window.text.size();
  window.caret = columns;
  for (std::size_t at = begin; at < line.size();) {
    if (at <= target) window.caret = columns;
    if (columns > shown_width && at > target) {
      window.text += "...";
      return window;
    }
    const Step step = append_shown(window.text, line.substr(at));
    at += step.bytes;
    columns += step.columns;
  }
  if (target >= line.size()) window.caret = columns;
  return window;
}

std::string place(const Location& where) {
  std::string text = where.file.empty() ? "configuration" : printable(where.file);
  if (where.line > 0) text += ":" + std::to_string(where.line);
  if (where.line > 0 && where.column > 0) text += ":" + std::to_string(where.column);
  return text;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) text.remove_prefix(append_shown(out, text).bytes);
  return out;
}

std::string shown(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return "'" + printable(text) + "'";
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80) --limit;
  return "'" + printable(text.substr(0, limit)) + "...'";
}

std::string format_diagnostic(const Diagnostic& diagnostic) {
  std::string text = place(diagnostic.where) + (diagnostic.is_error() ? ": error: " : ": warning: ") + diagnostic.message + "\n";
  if (!diagnostic.source_line.empty() && diagnostic.where.column <= diagnostic.source_line.size() + 1) {
    const Window window = window_around(diagnostic.source_line, diagnostic.where.column);
    text += "    " + window.text + "\n";
    if (diagnostic.where.column > 0) text += "    " + std::string(window.caret, ' ') + "^\n";
  }
  for (const Location& from : diagnostic.included_from) text += "  included from " + place(from) + "\n";
  if (!diagnostic.hint.empty()) text += "  hint: " + diagnostic.hint + "\n";
  return text;
}

std::string format_warning(const Diagnostic& diagnostic) {
  std::string text = format_diagnostic(diagnostic);
  text.pop_back();
  return text;
}

Error config_error(const std::string& file, const std::vector<Diagnostic>& diagnostics) {
  const auto errors = std::ranges::count_if(diagnostics, &Diagnostic::is_error);
  Error error{Code::config, 0, printable(file) + (errors == 1 ? " has an error" : " has " + std::to_string(errors) + " errors"), {}, {},
              std::nullopt, {}};
  error.where = std::ranges::find_if(diagnostics, &Diagnostic::is_error)->where;
  for (const Diagnostic& diagnostic : diagnostics) error.details += format_diagnostic(diagnostic);
  return error;
}

}  // namespace lxcx::core
