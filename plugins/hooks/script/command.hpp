// SPDX-License-Identifier: Apache-2.0
// LXC's calling convention: which settings hold an event's commands, and what each command is given.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "lxcx/hook.hpp"
#include "process.hpp"

namespace lxcx::script {

/// "lxc.hook.pre-start"; for devices, whose settings core passes for the one that the event is about, "lxc.net.script.up".
std::string setting_of(const Event& event);

/// What the administrator calls the second of three commands: "lxc.hook.mount (2 of 3)", "lxc.net.0.script.up".
std::string name_of(const Event& event, std::size_t index, std::size_t count);

/// One command of an event: arguments in version 0, environment in version 1, `event.args` in both.
Command make_command(const Event& event, const std::string& text);

/// The program of a command, when it can be told without a shell: an absolute path without quoting or expansion.
std::optional<std::string> program_of(const std::string& text);

/// "exited with status 3", "was killed by signal 9 (Killed)"; empty for success.
std::string describe_status(int status);
std::string hint_for(int status);

}  // namespace lxcx::script
