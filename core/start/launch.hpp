// SPDX-License-Identifier: Apache-2.0
// Parts of a start that a restart after a reboot shares with it.
#pragma once
#include <string>
#include <string_view>

#include "core/start/context.hpp"

namespace lxcx::core {

/// In the state of a foreground start that ends with 0 whatever init ended with (StartRequest::reports_status).
constexpr std::string_view unreported_status = "unreported_status";

/// The static program that this installation's starts become.
std::string monitor_program(const Host& host);

/// Makes the run directory and writes the journal, the configuration as started and the state into it. Refuses where
/// there is no monitor to become. Leaves nothing when it fails.
Result<void> prepare_run(StartContext& context);

/// Runs the steps here (foreground) or in a daemon, which becomes the monitor; prepare_run() came before.
Result<StartOutcome> launch(StartContext& context);

/// In the state of a restore that is under way: criu's process, as "PID START-TIME".
constexpr std::string_view restorer = "restorer";

/// After the steps: confines the monitor to be, makes the control socket, tells a caller who waits on the socket `caller` (-1: nobody) that init
/// runs, and becomes the monitor. Returns only to fail, and then everything has been undone.
Result<void> become_its_monitor(StartContext& context, int caller = -1);

/// A container of an ordinary user has mapped ids; where there is a map, it has both kinds, and gives away no id that is not the caller's: call it
/// where the container is to be made (core/unshare/own_namespace.hpp). Errors: config.
Result<void> refuse_unmapped(Kernel& kernel, const ContainerConfig& config);

/// Busy when it runs or is being started. A teardown that was cut short must be finished before (stop.hpp).
Result<void> refuse_second_start(Host& host, const ContainerPaths& paths);

/// --net: every device is of that type; without any, there is one.
void select_network(ContainerConfig& config, const PluginSelection& selection);
/// The plugins that the command line chose, and the directories it named, travel in the state: a teardown by another process, and a program that
/// enters, are served by the same ones.
void save_selection(const Host& host, RunState& state);
void restore_selection(const RunState& state, Host& host);

/// What the command line asked of this start travels there as well, for a start after a reboot: the same program, and a foreground that stays one.
void save_request(const StartRequest& request, RunState& state);
void restore_request(const RunState& state, StartRequest& request);
/// Whether it was `execute` that started it.
bool was_executed(const RunState& state);

/// The table's own text of a step's name, which outlives any message.
std::string_view step_name(bool is_child, std::string_view name);

}  // namespace lxcx::core
