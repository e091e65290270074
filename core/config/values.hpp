// SPDX-License-Identifier: Apache-2.0
// The value types of LXC's configuration: text -> number, size, path, …
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcx::core {

/// What is wrong with a value; `message` continues "key: ". `part` is the offending piece, a view into the value, or empty for all of it.
struct Complaint {
  std::string message;
  std::string hint = {};
  std::string_view part = {};
};
template <class T>
using Checked = std::expected<T, Complaint>;
inline std::unexpected<Complaint> complain(std::string message, std::string hint = {}, std::string_view part = {}) {
  return std::unexpected(Complaint{std::move(message), std::move(hint), part});
}

/// As strtoul(3) with base 0: decimal, 0x…, 0…; whole text; no minus sign.
Checked<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t max);
Checked<std::int64_t> parse_signed(std::string_view text, std::int64_t min, std::int64_t max);
Checked<bool> parse_bool(std::string_view text);  ///< 0 or 1

/// A number as above and KB, MB or GB in any case (x 1024, …); without a unit, and with any other single letter, as LXC has it: bytes.
Checked<std::uint64_t> parse_size(std::string_view text);
/// The same or "auto" (131072); rounded up to a power of two of at least a page. 0 stays 0.
Checked<std::uint64_t> parse_buffer_size(std::string_view text);

/// Repeated and trailing slashes gone; shorter than PATH_MAX.
Checked<std::string> parse_path(std::string_view text);

/// A path below some directory: not absolute, no `..`.
Checked<std::string> parse_relative_path(std::string_view text);

/// Pieces at blanks, as views into the text.
std::vector<std::string_view> words(std::string_view text);

bool has_control_bytes(std::string_view text);

/// "a, b or c", for hints.
std::string one_of(const std::vector<std::string_view>& names);

}  // namespace lxcx::core
