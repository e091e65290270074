// SPDX-License-Identifier: Apache-2.0
#include "net-common/random.hpp"

#include <random>

namespace lxcx::net {
namespace {

/// A number below `limit`, from the kernel's generator: std::random_device reads RDRAND or getrandom(2), both uniform.
unsigned below(unsigned limit) {
  std::random_device source;
  return std::uniform_int_distribution<unsigned>(0, limit - 1)(source);
}

}  // namespace

std::string random_name(std::string_view prefix, int length) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string name(prefix);
  for (int i = 0; i < length; ++i) name += alphabet[below(alphabet.size())];
  return name;
}

Mac fill_mac(std::string_view pattern) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(pattern);
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == 'x' || text[i] == 'X') text[i] = i == 1 ? digits[below(8) * 2] : digits[below(16)];
  return parse_mac(text).value_or(Mac{0x02});
}

}  // namespace lxcx::net
