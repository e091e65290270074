// SPDX-License-Identifier: Apache-2.0
// Work on a new volume's files, in a forked process with a mount namespace of its own: whatever is mounted there ends with it.
#pragma once
#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/container_config.hpp"
#include "core/container/host.hpp"

namespace lxcx::core {

struct VolumePlace {
  const ContainerPaths& paths;
  const ContainerConfig& config;  ///< its id map and root file system options are the volume's
  std::string storage_name;
  Storage* storage = nullptr;
  std::vector<Setting> settings;
  std::string source;
  std::string mount_point;  ///< empty: a plain directory at its own path, as under LXC; anything else where roots are mounted
};

struct VolumeWork {
  /// In the forked process; `out` takes frames of error_frame.hpp: steps and terminals, for the two functions below.
  std::function<Result<void>(const std::string& rootfs, int out, Log& log)> run;
  std::function<void(std::string_view payload)> on_step, on_result;
  const std::atomic<bool>* cancelled = nullptr;  ///< once true, the process is sent SIGTERM
};

/// Returns what `run` does. Single-threaded callers only.
Result<void> work_in_volume(Host& host, const VolumePlace& place, const VolumeWork& work);

}  // namespace lxcx::core
