// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

namespace lxcx::monitor {

/// A line of text put together without stdio; what does not fit is cut.
struct Text {
  char bytes[512] = {};
  std::size_t size = 0;

  void add(const char* text) {
    for (; *text != '\0' && size + 1 < sizeof bytes; ++text) bytes[size++] = *text;
  }
  /// At least `width` digits.
  void add(std::uint64_t number, unsigned width = 1) {
    char digits[20];
    unsigned count = 0;
    do digits[count++] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0 || count < width);
    while (count > 0 && size + 1 < sizeof bytes) bytes[size++] = digits[--count];
  }
};

}  // namespace lxcx::monitor
