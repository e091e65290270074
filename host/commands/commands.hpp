// SPDX-License-Identifier: Apache-2.0
// Each command is a file of its own that exports one constant.
#pragma once
#include "host/command.hpp"

namespace lxcx::host::commands {

extern const Command create, start, execute, stop, attach, console, info, ls, top, wait, monitor, freeze, unfreeze, cgroup, device, copy, rename,
    destroy, autostart, checkpoint, config, plugin, checkconfig, doctor, unshare, usernsexec, version, help;

}  // namespace lxcx::host::commands
