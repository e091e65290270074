// SPDX-License-Identifier: Apache-2.0
#include "core/create/hardware_address.hpp"

#include <functional>
#include <optional>
#include <random>
#include <string_view>

#include "core/config/scan.hpp"
#include "core/config/text_lines.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t whole_size = 17, half_size = 9;  // "00:16:3e:" of "00:16:3e:12:34:56"

bool is_x(char c) { return c == 'x' || c == 'X'; }

/// Each x becomes a digit. The first pair's second digit is even: an odd one would be a multicast address.
std::string filled(std::string text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device source;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_x(text[at])) continue;
    const unsigned digit = std::uniform_int_distribution<unsigned>(0, 15)(source);
    text[at] = digits[at == 1 ? digit & ~1U : digit];
  }
  return text;
}

std::string change_addresses(const std::string& text, const std::function<std::string(std::string)>& change) {
  TextLines lines(text);
  LineScanner scanner(text);
  while (const std::optional<ScannedLine> line = scanner.next()) {
    const bool is_address = line->key.ends_with(".hwaddr") && (line->key.starts_with("lxc.net.") || line->key.starts_with("lxc.network."));
    if (line->kind != ScannedLine::Kind::assignment || !is_address || line->value.empty()) continue;
    std::string whole = lines.text(line->number);
    const std::size_t begin = whole.rfind(line->value);
    if (begin == whole.npos) continue;
    whole.replace(begin, line->value.size(), change(std::string(line->value)));
    lines.replace(line->number, std::move(whole));
  }
  return lines.join().text;
}

}  // namespace

std::string with_hardware_addresses(const std::string& text) { return change_addresses(text, filled); }

std::string with_other_hardware_addresses(const std::string& text) {
  return change_addresses(text, [](std::string address) {
    if (address.size() == whole_size && address.find_first_of("xX") == address.npos) address.replace(half_size, address.npos, "xx:xx:xx");
    return filled(std::move(address));
  });
}

}  // namespace lxcx::core
