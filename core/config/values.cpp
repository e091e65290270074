// SPDX-License-Identifier: Apache-2.0
#include "core/config/values.hpp"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>

#include "core/base/text.hpp"
#include "core/config/diagnostics.hpp"

namespace lxcx::core {
namespace {

/// Digits after any sign, base 0; false when they are no number at all, `overflow` when they are one that does not fit.
bool read_digits(std::string_view digits, std::uint64_t& value, bool& overflow) {
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits.front() == '0') {
    base = 8;
    digits.remove_prefix(1);
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  overflow = error == std::errc::result_out_of_range;
  return end == digits.data() + digits.size() && error != std::errc::invalid_argument;
}

std::string comment_hint(std::string_view text) {
  const bool has_comment = text.find(" #") != text.npos || text.find("\t#") != text.npos;
  return has_comment ? "a comment needs a line of its own; here it is part of the value" : "";
}

}  // namespace

Checked<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t max) {
  const std::string range = " is not a number from 0 to " + std::to_string(max);
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::uint64_t value = 0;
  bool overflow = false;
  if (!read_digits(digits, value, overflow) || overflow || value > max) return complain(shown(text) + range, comment_hint(text));
  return value;
}

Checked<std::int64_t> parse_signed(std::string_view text, std::int64_t min, std::int64_t max) {
  const std::string range = " is not a number from " + std::to_string(min) + " to " + std::to_string(max);
  std::string_view digits = text;
  const bool is_negative = digits.starts_with('-');
  if (is_negative || digits.starts_with('+')) digits.remove_prefix(1);
  std::uint64_t magnitude = 0;
  bool overflow = false;
  if (!read_digits(digits, magnitude, overflow) || overflow) return complain(shown(text) + range, comment_hint(text));
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > largest) return complain(shown(text) + range);
  const std::int64_t value = is_negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  if (value < min || value > max) return complain(shown(text) + range);
  return value;
}

Checked<bool> parse_bool(std::string_view text) {
  const Checked<std::uint64_t> number = parse_unsigned(text, 1);
  if (number) return *number == 1;
  constexpr std::string_view yes[] = {"true", "yes", "on"}, no[] = {"false", "no", "off"};
  const auto is_word = [&](std::string_view word) { return equal_ignoring_case(word, text); };
  std::string hint = number.error().hint;
  if (std::ranges::any_of(yes, is_word)) hint = "write 1";
  if (std::ranges::any_of(no, is_word)) hint = "write 0";
  return complain(shown(text) + " is neither 0 nor 1", std::move(hint));
}

Checked<std::uint64_t> parse_size(std::string_view text) {
  const bool is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const std::size_t digits = std::min(text.find_first_not_of(is_hexadecimal ? "0123456789abcdefABCDEFxX" : "+0123456789"), text.size());
  const std::string_view unit = trim(text.substr(digits));
  const std::string hint = "a number, and perhaps KB, MB or GB after it";
  unsigned shift = 0;
  if (equal_ignoring_case(unit, "KB")) shift = 10;
  if (equal_ignoring_case(unit, "MB")) shift = 20;
  if (equal_ignoring_case(unit, "GB")) shift = 30;
  const bool is_letter = unit.size() == 1 && ((unit[0] | 0x20) >= 'a' && (unit[0] | 0x20) <= 'z');
  if (shift == 0 && !unit.empty() && !is_letter) return complain(shown(text) + " is no size", hint, unit);
  std::string_view number = text.substr(0, digits);
  if (number.starts_with('+')) number.remove_prefix(1);
  std::uint64_t value = 0;
  bool overflow = false;
  if (!read_digits(number, value, overflow)) return complain(shown(text) + " is no size", hint);
  if (overflow || value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) >> shift)
    return complain(shown(text) + " is too large a size");
  return value << shift;
}

Checked<std::uint64_t> parse_buffer_size(std::string_view text) {
  if (text == "auto") return 131072;
  const Checked<std::uint64_t> size = parse_size(text);
  if (!size || *size == 0) return size;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return std::bit_ceil(std::max(*size, page));
}

Checked<std::string> parse_path(std::string_view text) {
  std::string path;
  path.reserve(text.size());
  for (const char c : text)
    if (c != '/' || path.empty() || path.back() != '/') path += c;
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path.size() >= PATH_MAX) return complain("a path of " + std::to_string(path.size()) + " bytes; the longest possible one has 4095");
  return path;
}

Checked<std::string> parse_relative_path(std::string_view text) {
  if (text.starts_with('/'))
    return complain(shown(text) + " is an absolute path", "it is taken below a directory that is fixed: write it without the leading /");
  for (const std::string& part : split(text, '/'))
    if (part == "..") return complain(shown(text) + " leads upwards", "'..' is refused here");
  return parse_path(text);
}

std::vector<std::string_view> words(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < text.size();) {
    while (i < text.size() && is_blank(text[i])) ++i;
    const std::size_t begin = i;
    while (i < text.size() && !is_blank(text[i])) ++i;
    if (i > begin) found.push_back(text.substr(begin, i - begin));
  }
  return found;
}

bool has_control_bytes(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string one_of(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace lxcx::core
