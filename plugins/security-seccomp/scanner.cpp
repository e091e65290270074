// SPDX-License-Identifier: Apache-2.0
#include "scanner.hpp"

#include <charconv>

namespace lxcx::seccomp {

void Scanner::skip_blanks() {
  const std::size_t next = line_.find_first_not_of(blanks, position_);
  position_ = next == std::string_view::npos ? line_.size() : next;
}

Word Scanner::word() {
  const std::size_t start = position_;
  const std::size_t end = line_.find_first_of(" \t\r\v\f[", start);
  position_ = end == std::string_view::npos ? line_.size() : end;
  const Word found{line_.substr(start, position_ - start), static_cast<unsigned>(start) + 1};
  skip_blanks();
  return found;
}

std::optional<Word> Scanner::bracketed() {
  const std::size_t start = position_ + 1;
  const std::size_t end = line_.find(']', start);
  if (end == std::string_view::npos) return std::nullopt;
  position_ = end + 1;
  skip_blanks();
  return Word{line_.substr(start, end - start), static_cast<unsigned>(start) + 1};
}

Failure Scanner::error(unsigned column, std::string message, std::string hint, Code code) const {
  Failure failure = fail(code, std::move(message), std::move(hint));
  failure.error().where = Location{file_, number_, column};
  return failure;
}

Word trimmed(Word word) {
  const std::size_t start = word.text.find_first_not_of(blanks);
  if (start == std::string_view::npos) return {{}, word.column};
  const std::size_t end = word.text.find_last_not_of(blanks);
  return {word.text.substr(start, end - start + 1), word.column + static_cast<unsigned>(start)};
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.starts_with('0')) {
    base = 8;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return negative ? -value : value;
}

}  // namespace lxcx::seccomp
