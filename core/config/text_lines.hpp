// SPDX-License-Identifier: Apache-2.0
// A configuration's text as lines to change one by one. What nobody touches comes out as it went in, byte for byte: comments, blank lines, line
// ends, a byte order mark, a last line without an end.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace lxcx::core {

class TextLines {
 public:
  explicit TextLines(std::string_view text);

  /// Lines are counted from 1, as LineScanner counts them, and keep their numbers through all changes.
  unsigned count() const { return static_cast<unsigned>(lines_.size()); }
  const std::string& text(unsigned number) const { return lines_[number - 1].text; }

  void replace(unsigned number, std::string text) { lines_[number - 1].text = std::move(text); }
  void drop(unsigned number) { lines_[number - 1].is_dropped = true; }

  /// A new line behind that one, which may be dropped. At most one for each.
  void insert_behind(unsigned number, std::string text);

  struct Joined {
    std::string text;
    unsigned inserted = 0;  ///< the number that the last inserted line has in it; 0: there is none
  };
  Joined join() const;

 private:
  struct Line {
    std::string text, end;
    std::string behind;  ///< an inserted line; empty: none
    bool is_dropped = false;
  };
  std::string mark_;  ///< the byte order mark, or nothing
  std::string end_ = "\n";  ///< of new lines: the first line's
  std::vector<Line> lines_;
  std::string first_;  ///< inserted into an empty text
};

}  // namespace lxcx::core
