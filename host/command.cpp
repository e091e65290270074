// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/base/text.hpp"

namespace lxcx::host {
namespace {

constexpr std::array command_table{
    &commands::create,    &commands::start,      &commands::execute, &commands::stop,   &commands::attach,      &commands::console,
    &commands::info,      &commands::ls,         &commands::top,     &commands::wait,   &commands::monitor,     &commands::freeze,
    &commands::unfreeze,  &commands::cgroup,     &commands::device,  &commands::copy,   &commands::rename,      &commands::destroy,
    &commands::autostart, &commands::checkpoint, &commands::config,  &commands::plugin, &commands::checkconfig, &commands::doctor,
    &commands::unshare,   &commands::usernsexec, &commands::version, &commands::help,
};

constexpr Option options[] = {
    {'n', "name", "NAME", "The container; the same as writing NAME after the options.", Completes::container},
    {'P', "lxcpath", "DIR", "Where containers are kept, instead of lxc.lxcpath of lxc.conf or /var/lib/lxc.", Completes::directory},
    {'q', "quiet", "", "Write nothing to stderr; the exit status tells."},
    {'l', "logpriority", "LEVEL",
     "What is logged: trace, debug, info, notice, warn, error, crit, alert or fatal. Without --logfile it goes to stderr, and to the container's own "
     "log.",
     Completes::level},
    {'o', "logfile", "FILE", "Append the log to FILE, not to the container's own; \"none\": to no file.", Completes::file},
    {0, "format", "FORMAT", "text, or json where the command has results; errors are then JSON too, on stderr.", Completes::format},
    {0, "plugin-dir", "DIR", "Look for plugin manifests in DIR first. May be repeated; LXCX_PLUGIN_PATH adds to it.", Completes::directory},
    {0, "storage", "NAME", "Use this storage plugin, whatever the configuration says.", Completes::storage},
    {0, "net", "NAME", "Use this network plugin for every device, whatever the configuration says.", Completes::network},
    {0, "template", "NAME", "Use this template plugin.", Completes::template_},
    {0, "security", "NAME", "Use this security plugin.", Completes::security},
    {0, "hook", "NAME", "Use this hook plugin.", Completes::hook},
    {'h', "help", "", "Show how the command is used; -? does the same."},
    {0, "version", "", "Show the version."},
};

}  // namespace

std::span<const Option> global_options() { return options; }
std::span<const Command* const> all_commands() { return command_table; }

namespace {

/// What LXC has, and lxcx is to have.
constexpr std::array<std::string_view, 2> awaited{"net", "snapshot"};

}  // namespace

Result<const Command*> find_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command* command : command_table) {
    if (command->name == name) return command;
    names.push_back(command->name);
  }
  if (std::ranges::find(awaited, name) != awaited.end())
    return fail(Code::unsupported, "there is no command '" + std::string(name) + "' yet",
                "LXC's own tool works on the same containers, while they are stopped");
  const std::string_view near = core::nearest(name, names);
  return fail(Code::usage, "there is no command '" + std::string(name) + "'",
              near.empty() ? "`lxcx help` lists them" : "did you mean '" + std::string(near) + "'?");
}

}  // namespace lxcx::host
