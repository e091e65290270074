// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <span>
#include <string>

#include "core/base/text.hpp"
#include "host/arguments.hpp"
#include "host/session.hpp"

namespace lxcx::host {

/// One of a command's subcommands, and what runs it. `words` are the operands behind its name.
struct Handler {
  std::string_view name;
  std::size_t least, most;  ///< how many operands
  Result<int> (*run)(Session&, const Arguments&, std::span<const std::string> words);
};

/// Picks by the first word. Errors: usage, with did-you-mean, or for too few or too many operands.
Result<int> run_subcommand(Session& session, const Arguments& arguments, const Command& command, std::span<const Handler> handlers);

}  // namespace lxcx::host
