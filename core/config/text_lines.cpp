// SPDX-License-Identifier: Apache-2.0
#include "core/config/text_lines.hpp"

#include <algorithm>

namespace lxcx::core {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::size_t end_length(std::string_view rest) { return rest.starts_with("\r\n") ? 2 : std::min<std::size_t>(rest.size(), 1); }

}  // namespace

TextLines::TextLines(std::string_view text) {
  if (text.starts_with(byte_order_mark)) {
    mark_ = byte_order_mark;
    text.remove_prefix(byte_order_mark.size());
  }
  while (!text.empty()) {
    const std::size_t length = std::min(text.find_first_of("\r\n"), text.size());
    const std::size_t end = end_length(text.substr(length));
    lines_.push_back({std::string(text.substr(0, length)), std::string(text.substr(length, end)), {}, false});
    text.remove_prefix(length + end);
  }
  if (!lines_.empty() && !lines_.front().end.empty()) end_ = lines_.front().end;
}

void TextLines::insert_behind(unsigned number, std::string text) { (number == 0 ? first_ : lines_[number - 1].behind) = std::move(text); }

TextLines::Joined TextLines::join() const {
  Joined joined{mark_, 0};
  unsigned number = 0;
  const auto insert = [&](const std::string& text) {
    if (text.empty()) return;
    const bool is_open = number > 0 && !joined.text.ends_with('\n') && !joined.text.ends_with('\r');
    joined.text += (is_open ? end_ : "") + text + end_;
    joined.inserted = ++number;
  };
  insert(first_);
  for (const Line& line : lines_) {
    if (!line.is_dropped) {
      joined.text += line.text + line.end;
      ++number;
    }
    insert(line.behind);
  }
  return joined;
}

}  // namespace lxcx::core
