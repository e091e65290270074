// SPDX-License-Identifier: Apache-2.0
// The names of LXC's tools: called as lxc-start (by a link of that name), lxcx is `lxcx start` with LXC's exit statuses. The options are the
// verbs' own, which have LXC's letters and words. docs/migrating-from-lxc.md lists what is deliberately not the same.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/kernel/kernel.hpp"
#include "host/arguments.hpp"
#include "host/command.hpp"

namespace lxcx::host {

struct LxcTool {
  std::string_view name;  ///< "lxc-start"
  const Command* command;
  int (*exit_status)(const Error& error);
  std::string_view subcommand = {};  ///< what it stands for when the command has several
};

/// What its --version says: scripts choose their options by it.
constexpr std::string_view lxc_version = "5.0.2";

std::span<const LxcTool> lxc_tools();

/// By the last component of argv[0]; null when it is none of LXC's names.
const LxcTool* find_lxc_tool(std::string_view program);

/// parse_command_line() for the words that follow a tool's name; takes --usage and --rcfile as well, which all of LXC's tools have.
Result<CommandLine> parse_lxc_command_line(core::Kernel& kernel, const LxcTool& tool, std::vector<std::string> words);

}  // namespace lxcx::host
