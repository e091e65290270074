// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/call.hpp"
#include "lxcx/fd.hpp"

namespace lxcx::templates {

struct Program {
  std::vector<std::string> argv;  ///< argv[0] is the file that is run
  int input = -1;                 ///< its standard input; -1: /dev/null
  int user_namespace = -1;        ///< joined before it runs, as its root; -1: none
  /// Runs in the child before the user namespace is joined and the program begins. Returns 0, or errno. System calls only.
  std::function<int()> prepare;
  std::function<void(std::string_view line)> on_line;  ///< its output and its errors; a prompt without a newline comes after a pause
  std::function<void()> on_pause;                      ///< about ten times a second
  std::function<bool()> cancelled;
};

struct Ended {
  int status = 0;    ///< as wait(2) has it
  std::string tail;  ///< its last lines
};

/// Runs it to its end; kills it, and all it started, when cancelled. Errors: not_found and the like when it could not be run.
Result<Ended> run(const Program& program);

/// An error with how it ended and its last lines, unless it ended well. `name` is what the user knows it as.
Result<void> check_ended(const Ended& ended, const std::string& name, std::string hint = {});

/// The first executable of that name in PATH, and then in the usual places.
Result<std::string> find_program(const std::string& name);
/// All of them, in order.
std::vector<std::string> find_programs(const std::string& name);

}  // namespace lxcx::templates
