// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <algorithm>

namespace lxcx::script {
namespace {
constexpr std::size_t max_line_bytes = 4096, max_kept_bytes = 4096;
}

std::string printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // C1 controls (U+0080 to U+009F, in UTF-8 0xC2 0x80…0x9F) steer terminals too.
    const bool is_c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f || is_c1) {
      safe += "\\x";
      safe += digits[byte >> 4];
      safe += digits[byte & 15];
    } else {
      safe += text[i];
    }
  }
  return safe;
}

void Output::add(std::string_view bytes) {
  kept_ += bytes;
  if (kept_.size() > 2 * max_kept_bytes) kept_.erase(0, kept_.size() - max_kept_bytes);
  for (const char c : bytes) {
    if (c == '\n') {
      say(line_);
      line_.clear();
      continue;
    }
    line_ += c;
    if (line_.size() < max_line_bytes) continue;
    say(line_);
    line_.clear();
  }
}

void Output::finish() {
  if (!line_.empty()) say(line_);
  line_.clear();
}

void Output::say(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  on_line_(printable(line));
}

std::string Output::tail() const {
  std::string_view rest = kept_;
  if (rest.size() > max_kept_bytes) {
    rest.remove_prefix(rest.size() - max_kept_bytes);
    if (const std::size_t newline = rest.find('\n'); newline + 1 < rest.size()) rest.remove_prefix(newline + 1);
  }
  std::string text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += (text.empty() ? "  | " : "\n  | ") + printable(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

}  // namespace lxcx::script
