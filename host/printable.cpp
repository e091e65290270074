// SPDX-License-Identifier: Apache-2.0
#include "host/printable.hpp"

#include <cstdint>

namespace lxcx::host {
namespace {

struct Character {
  std::size_t bytes = 1;
  char32_t value = 0;
  bool valid = false;
};

/// The first character of a text that is not empty, by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {1, first, true};
  const std::size_t bytes = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 0;
  if (bytes == 0 || text.size() < bytes) return {};
  char32_t value = first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3fU);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < least[bytes] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {};
  return {bytes, value, true};
}

bool is_safe(const Character& c, bool lines) {
  if (!c.valid) return false;
  if (c.value == '\n') return lines;
  if (c.value < 0x20) return c.value == '\t';
  if (c.value >= 0x7f && c.value < 0xa0) return false;
  if (c.value == 0x2028 || c.value == 0x2029) return false;  // line and paragraph separator
  const bool bidirectional = (c.value >= 0x202a && c.value <= 0x202e) || (c.value >= 0x2066 && c.value <= 0x2069);
  return !bidirectional;
}

void append_escaped(std::string& out, std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  for (const char c : bytes) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
}

}  // namespace

std::string printable(std::string_view text, bool lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character c = decode(text);
    const std::string_view bytes = text.substr(0, c.bytes);
    if (is_safe(c, lines))
      out += bytes;
    else
      append_escaped(out, bytes);
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::size_t width(std::string_view text) {
  std::size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return characters;
}

}  // namespace lxcx::host
