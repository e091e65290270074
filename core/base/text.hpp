// SPDX-License-Identifier: Apache-2.0
// Small text functions that the standard library of C++23 in g++ 12 lacks.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::core {

std::vector<std::string> split(std::string_view text, char separator, bool keep_empty = false);
std::vector<std::string> split_blanks(std::string_view text);  ///< at runs of spaces and tabs
std::string_view trim(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Decimal, whole text; errors: usage.
Result<std::int64_t> parse_integer(std::string_view text);

/// 64-bit FNV-1a, as LXC hashes paths.
std::uint64_t fnv1a(std::string_view text);
std::string hex16(std::uint64_t value);

/// Tab, newline, backslash and NUL become \t \n \\ \0, so that any bytes fit on one line; unescape is its inverse.
std::string escape_line(std::string_view raw);
std::string unescape_line(std::string_view line);

/// Edit distance, for did-you-mean; stops counting at `limit`.
unsigned edit_distance(std::string_view a, std::string_view b, unsigned limit);

/// The candidate nearest to `word`, or empty when none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace lxcx::core
