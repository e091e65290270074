// SPDX-License-Identifier: Apache-2.0
// Configuration text -> lines with a key and a value, by LXC's rules: nothing is copied, everything is a view into the text.
#pragma once
#include <optional>
#include <string_view>

namespace lxcx::core {

struct ScannedLine {
  enum class Kind {
    assignment,
    foreign,    ///< neither a comment nor a key of ours; LXC skips such lines in silence
    no_equals,  ///< begins with lxc. but has no '='
  } kind = Kind::assignment;
  unsigned number = 0;     ///< from 1
  std::string_view text;   ///< the line, without its end
  std::string_view key;    ///< foreign and no_equals: the first word
  std::string_view value;  ///< trimmed, and without its quotes
};

/// Walks a text line by line, past comments and empty lines. \n and \r end lines; a NUL byte ends the text.
class LineScanner {
 public:
  explicit LineScanner(std::string_view text);
  std::optional<ScannedLine> next();

 private:
  std::string_view rest_;
  unsigned number_ = 0;
};

/// Blanks off both ends, then one pair of equal quotes, as in a configuration file.
std::string_view unquoted(std::string_view value);

/// Where `part` begins in `line`, from 1; 0 when it is not a piece of it.
unsigned column_of(std::string_view part, std::string_view line);

}  // namespace lxcx::core
