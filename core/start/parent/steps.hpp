// SPDX-License-Identifier: Apache-2.0
// The parent's half of a start, in order. Each function is in a file of this folder, named after its subject. Undo functions also run in a
// process of their own, after a stop or a crash, with nothing but the run directory to go by.
#pragma once
#include <array>
#include <span>

#include "core/base/step.hpp"
#include "core/start/context.hpp"

namespace lxcx::core {

using StartStep = Step<StartContext>;

Result<void> unshare_monitor_mounts(StartContext&);
Result<void> make_monitor_cgroup(StartContext&);
Result<void> drop_monitor_cgroup(StartContext&);
Result<void> run_pre_start_hooks(StartContext&);
Result<void> run_post_stop_hooks(StartContext&);
Result<void> make_cgroup(StartContext&);
Result<void> drop_cgroup(StartContext&);
Result<void> attach_rootfs(StartContext&);
Result<void> detach_rootfs(StartContext&);
Result<void> check_init(StartContext&);
Result<void> compile_security(StartContext&);
Result<void> unload_security(StartContext&);
Result<void> prepare_console(StartContext&);
/// lxc.console.path, or the caller's terminal, for a console that is opened elsewhere.
Result<void> open_console_peer(StartContext&);
Result<void> announce_stop_hooks(StartContext&);
Result<void> run_stop_hooks(StartContext&);
Result<void> connect_networks(StartContext&);
Result<void> disconnect_networks(StartContext&);
Result<void> clone_init(StartContext&);
Result<void> kill_init(StartContext&);
Result<void> map_ids(StartContext&);
Result<void> apply_cgroup_limits(StartContext&);
Result<void> apply_process_limits(StartContext&);
Result<void> nothing(StartContext&);
/// That a step was done, and what it did, line by line.
void log_step(StartContext& context, bool is_child, std::string_view step);
Result<void> await_setup(StartContext&);
Result<void> apply_device_limits(StartContext&);
Result<void> run_start_host_hooks(StartContext&);
Result<void> release_init(StartContext&);
Result<void> record_running(StartContext&);

// The networks' undo stands before the clone, so that on the way down init is gone, and with it the namespace, before devices are looked for:
// a veth that vanishes with its namespace costs nothing, one that is deleted from the host costs 16 ms (docs/performance.md).
inline constexpr std::array start_steps{
    StartStep{"unshare the monitor's mounts", unshare_monitor_mounts},
    StartStep{"make the monitor's cgroup", make_monitor_cgroup, drop_monitor_cgroup},
    StartStep{"run the pre-start hooks", run_pre_start_hooks, run_post_stop_hooks, true},
    StartStep{"attach the root file system", attach_rootfs, detach_rootfs},
    StartStep{"check the init program", check_init},
    StartStep{"compile the security policy", compile_security, unload_security},
    StartStep{"prepare the console", prepare_console},
    StartStep{"make the cgroups", make_cgroup, drop_cgroup},
    StartStep{"take down the networks at the end", nothing, disconnect_networks},
    StartStep{"run the stop hooks at the end", announce_stop_hooks, run_stop_hooks, true},
    StartStep{"clone init", clone_init, kill_init},
    StartStep{"map the ids", map_ids},
    StartStep{"apply the cgroup limits", apply_cgroup_limits},
    StartStep{"apply the process limits", apply_process_limits},
    StartStep{"connect the networks", connect_networks},
    StartStep{"wait for the child's setup", await_setup},
    StartStep{"apply the device limits", apply_device_limits},
    StartStep{"run the start-host hooks", run_start_host_hooks},
    StartStep{"let init run", release_init},
    StartStep{"record that it runs", record_running},
};

/// The payload's group as the configuration wants it, below each hierarchy's base.
std::string wanted_cgroup(const StartContext& context);

/// Opened when first asked for.
Result<Cgroups*> cgroups_of(StartContext& context);

/// Runs the steps of a table, journaling each that has an undo before it begins. On failure the start is taken back, and the error of the step is
/// returned with the step's name as context. An undo is found by its step's name in start_steps, whatever the table.
Result<void> run_steps(StartContext& context, std::span<const StartStep> steps);
Result<void> run_start_steps(StartContext& context);

struct Unwound {
  Result<void> first_failure;  ///< a failing undo is logged, and the rest goes on
  bool is_complete = true;     ///< false: something is still there, and the journal tells the next command of it
};
/// Undoes what the journal says was begun and not yet undone, newest first.
Unwound undo_start_steps(StartContext& context);

/// Undoes a start that cannot go on. The run directory goes too, unless something could not be undone: the next command on the container
/// finds it and tries again.
void take_back(StartContext& context);

}  // namespace lxcx::core
