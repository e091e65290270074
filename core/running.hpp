// SPDX-License-Identifier: Apache-2.0
// What a verb needs of a container before it acts: the right to, and that it runs.
#pragma once
#include <string>

#include "core/cgroup/cgroups.hpp"
#include "core/config/parse.hpp"
#include "core/container/host.hpp"
#include "core/container/run_directory.hpp"
#include "core/device/device.hpp"

namespace lxcx::core {

/// What changes a container needs root, or a user in a namespace of his own, which this enters. Errors: denied.
Result<void> need_privilege(Host& host, const ContainerPaths& paths);

/// What a monitor left undone is done first, by whoever passes by.
Result<void> finish_teardown(Host& host, const ContainerPaths& paths);

struct Running {
  RunState state;
  ContainerConfig config;  ///< as it was started
};
/// From here on the log is the container's. Errors: not_running, not_found; busy when LXC runs it.
Result<Running> running_container(Host& host, const ContainerPaths& paths);

struct RunningGroup {
  Cgroups cgroups;
  std::string path;
};
/// Errors: running_container's; unsupported when it runs without.
Result<RunningGroup> running_group(Host& host, const ContainerPaths& paths);

/// Errors: running_container's.
Result<DeviceTarget> device_target(Host& host, const ContainerPaths& paths);

/// Freezes or thaws, under the container's lock, as its teardown writes the same state. Errors: timeout after 10 s.
Result<void> freeze_running(Host& host, const ContainerPaths& paths, RunningGroup& group, bool frozen);

/// Whom the seccomp policy's notify rules ask for what this command does. A container whose monitor was killed runs on, and is entered, without.
Result<void> hand_to_monitor(Host& host, const ContainerPaths& paths, int listener);

/// The consoles are the monitor's: with it they are closed, while the container runs on.
Failure no_monitor(const std::string& name);

}  // namespace lxcx::core
