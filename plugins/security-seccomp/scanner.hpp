// SPDX-License-Identifier: Apache-2.0
// One line of a policy file, taken apart from the left; every piece knows its column.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lxcx/result.hpp"

namespace lxcx::seccomp {

constexpr std::string_view blanks = " \t\r\v\f";

struct Word {
  std::string_view text;
  unsigned column = 0;
};

class Scanner {
 public:
  Scanner(std::string_view line, const std::string& file, unsigned number) : line_(line), file_(file), number_(number) { skip_blanks(); }

  bool at_end() const { return position_ == line_.size(); }
  bool at(char c) const { return !at_end() && line_[position_] == c; }
  unsigned column() const { return static_cast<unsigned>(position_) + 1; }
  unsigned line() const { return number_; }

  /// Up to the next blank or `[`; empty at the end.
  Word word();
  /// What stands between `[` and `]`; moves past both. Nothing when `]` is missing.
  std::optional<Word> bracketed();

  Failure error(unsigned column, std::string message, std::string hint = {}, Code code = Code::config) const;

 private:
  void skip_blanks();

  std::string_view line_;
  const std::string& file_;
  unsigned number_;
  std::size_t position_ = 0;
};

/// Without blanks at either end; the column moves along.
Word trimmed(Word word);
/// Decimal, 0x… or 0…, optionally negative (two's complement, as strtoull(3) has it). Nothing when it is no number or too large.
std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace lxcx::seccomp
