// SPDX-License-Identifier: Apache-2.0
// What a hook prints, as it comes: whole lines for the log, and the end of it for an error.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace lxcx::script {

/// Printable: a hook's output may come from inside the container, and must not steer the reader's terminal. Tabs and UTF-8 stay.
std::string printable(std::string_view text);

class Output {
 public:
  using Line = std::function<void(std::string_view)>;
  explicit Output(Line on_line) : on_line_(std::move(on_line)) {}

  void add(std::string_view bytes);
  /// A last line without its newline.
  void finish();
  /// The last 4 KiB at most, whole lines where possible, each made printable and indented.
  std::string tail() const;

 private:
  void say(std::string_view line);

  Line on_line_;
  std::string line_;
  std::string kept_;
};

}  // namespace lxcx::script
