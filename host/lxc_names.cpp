// SPDX-License-Identifier: Apache-2.0
#include "host/lxc_names.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "host/commands/commands.hpp"

namespace lxcx::host {
namespace {

constexpr int failure = 1;

int always_one(const Error&) { return failure; }

/// lxc-start of what runs already says so, and is content.
int of_start(const Error& error) { return error.code == Code::busy && error.message.contains("is running already") ? 0 : failure; }

/// lxc-stop tells what does not run, which an undefined name is too.
int of_stop(const Error& error) { return error.code == Code::not_running || error.code == Code::not_found ? 2 : failure; }

constexpr std::array tools{
    LxcTool{"lxc-attach", &commands::attach, always_one},
    LxcTool{"lxc-autostart", &commands::autostart, always_one},
    LxcTool{"lxc-cgroup", &commands::cgroup, always_one},
    LxcTool{"lxc-checkconfig", &commands::checkconfig, always_one},
    LxcTool{"lxc-checkpoint", &commands::checkpoint, always_one},
    LxcTool{"lxc-config", &commands::config, always_one, "system"},
    LxcTool{"lxc-console", &commands::console, always_one},
    LxcTool{"lxc-copy", &commands::copy, always_one},
    LxcTool{"lxc-create", &commands::create, always_one},
    LxcTool{"lxc-device", &commands::device, always_one},
    LxcTool{"lxc-destroy", &commands::destroy, always_one},
    LxcTool{"lxc-execute", &commands::execute, always_one},
    LxcTool{"lxc-freeze", &commands::freeze, always_one},
    LxcTool{"lxc-info", &commands::info, always_one},
    LxcTool{"lxc-ls", &commands::ls, always_one},
    LxcTool{"lxc-monitor", &commands::monitor, always_one},
    LxcTool{"lxc-start", &commands::start, of_start},
    LxcTool{"lxc-stop", &commands::stop, of_stop},
    LxcTool{"lxc-top", &commands::top, always_one},
    LxcTool{"lxc-unfreeze", &commands::unfreeze, always_one},
    LxcTool{"lxc-unshare", &commands::unshare, always_one},
    LxcTool{"lxc-usernsexec", &commands::usernsexec, always_one},
    LxcTool{"lxc-wait", &commands::wait, always_one},
    LxcTool{"lxc-update-config", &commands::config, always_one, "convert"},
};

/// Verbs without --rcfile have no use for it: what runs is known by its run directory, and what is defined by its own configuration. As for LXC it
/// must be readable. Takes it out of the words.
Result<void> take_rcfile(core::Kernel& kernel, const Command& command, std::vector<std::string>& words) {
  if (std::ranges::find(command.options, "rcfile", &Option::name) != command.options.end()) return {};
  constexpr std::string_view option = "--rcfile";
  for (auto it = words.begin(); it != words.end() && *it != "--"; ++it) {
    auto end = std::next(it);
    std::string file;
    if (it->starts_with(std::string(option) + "="))
      file = it->substr(option.size() + 1);
    else if (*it == option && end != words.end())
      file = *end++;
    else
      continue;
    words.erase(it, end);
    return doing(kernel.faccessat(AT_FDCWD, file.c_str(), R_OK, 0), "read --rcfile");
  }
  return {};
}

}  // namespace

std::span<const LxcTool> lxc_tools() { return tools; }

const LxcTool* find_lxc_tool(std::string_view program) {
  const std::string_view name = program.substr(program.find_last_of('/') + 1);
  const auto found = std::ranges::find(tools, name, &LxcTool::name);
  return found == tools.end() ? nullptr : &*found;
}

Result<CommandLine> parse_lxc_command_line(core::Kernel& kernel, const LxcTool& tool, std::vector<std::string> words) {
  LXCX_CHECK(take_rcfile(kernel, *tool.command, words));
  std::replace(words.begin(), std::ranges::find(words, "--"), std::string("--usage"), std::string("--help"));
  // Everywhere else -l is the priority of the log.
  if (tool.name == "lxc-config" && !words.empty() && words.front() == "-l") words.front() = "--list";
  if (!tool.subcommand.empty()) {
    if (words.empty()) words.emplace_back("--help");
    words.emplace(words.begin(), tool.subcommand);
  }
  CommandLine line;
  line.command = tool.command;
  LXCX_TRY(arguments, parse_arguments(tool.command, std::move(words), LongOptions::abbreviated));
  line.arguments = std::move(arguments);
  return line;
}

}  // namespace lxcx::host
