// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <chrono>

#include "core/base/text.hpp"
#include "core/cgroup/cgroup_layout.hpp"
#include "core/cgroup/cgroups.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t largest_state = 1 << 16;

using Clock = std::chrono::steady_clock;

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

bool says_frozen(const std::string& events) {
  for (const std::string& line : split(events, '\n'))
    if (line == "frozen 1") return true;
  return false;
}

Failure not_in_time(const std::string& directory, bool frozen) {
  return fail(Code::timeout, "cgroup '" + directory + "' is not " + (frozen ? "frozen" : "thawed") + " in time",
              frozen ? "a process in an uninterruptible system call holds it up; the freeze stays requested" : "");
}

/// cgroup-v2.rst: a change of cgroup.events wakes a poll for POLLPRI, so this waits without polling in the other sense.
Result<void> freeze_v2(Kernel& kernel, const std::string& directory, bool frozen, int timeout_ms) {
  LXCX_CHECK(write_existing_file(kernel, AT_FDCWD, (directory + "/cgroup.freeze").c_str(), frozen ? "1" : "0"));
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    LXCX_TRY(events, kernel.openat(AT_FDCWD, (directory + "/cgroup.events").c_str(), O_RDONLY));
    LXCX_TRY(text, read_all(kernel, events.get(), largest_state));
    if (says_frozen(text) == frozen) return {};
    const int left = milliseconds_until(deadline);
    if (left == 0) return not_in_time(directory, frozen);
    pollfd watched{events.get(), POLLPRI, 0};
    LXCX_CHECK(kernel.poll({&watched, 1}, left));
  }
}

/// freezer-subsystem.rst: FREEZING becomes FROZEN when freezer.state is read, or written again; nothing announces it.
Result<void> freeze_v1(Kernel& kernel, const std::string& directory, bool frozen, int timeout_ms) {
  const std::string file = directory + "/freezer.state";
  const std::string_view wanted = frozen ? "FROZEN" : "THAWED";
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  for (int pause_ms = 1;; pause_ms = std::min(pause_ms * 2, 20)) {
    LXCX_CHECK(write_existing_file(kernel, AT_FDCWD, file.c_str(), wanted));
    LXCX_TRY(state, read_file(kernel, AT_FDCWD, file.c_str(), largest_state));
    if (trim(state) == wanted) return {};
    const int left = milliseconds_until(deadline);
    if (left == 0) return not_in_time(directory, frozen);
    LXCX_CHECK(kernel.poll({}, std::min(pause_ms, left)));
  }
}

bool is_freezer(const Hierarchy& hierarchy) {
  return std::find(hierarchy.controllers.begin(), hierarchy.controllers.end(), "freezer") != hierarchy.controllers.end();
}

}  // namespace

Result<void> Cgroups::freeze(const std::string& path, bool frozen, int timeout_ms) {
  LXCX_CHECK(check_group_path(path));
  // To freeze, one hierarchy is enough; to thaw, all must: other tools may have used the other one.
  bool served = false;
  for (const bool v2 : {true, false}) {
    for (const Hierarchy& hierarchy : hierarchies_) {
      if (hierarchy.is_v2 != v2 || (!v2 && !is_freezer(hierarchy)) || (frozen && served)) continue;
      const std::string directory = group_directory(hierarchy, path);
      auto done = v2 ? freeze_v2(*kernel_, directory, frozen, timeout_ms) : freeze_v1(*kernel_, directory, frozen, timeout_ms);
      if (done)
        served = true;
      else if (done.error().sys_errno != ENOENT && done.error().sys_errno != ENODEV)
        return done;
    }
  }
  if (served || !frozen) return {};
  return fail(Code::unsupported, "no cgroup hierarchy can freeze '" + path + "'", "mount cgroup2, or the v1 freezer");
}

Result<bool> Cgroups::is_frozen(const std::string& path) const {
  LXCX_CHECK(check_group_path(path));
  for (const Hierarchy& hierarchy : hierarchies_) {
    const std::string directory = group_directory(hierarchy, path);
    if (hierarchy.is_v2) {
      const auto events = read_file(*kernel_, AT_FDCWD, (directory + "/cgroup.events").c_str(), largest_state);
      if (events && says_frozen(*events)) return true;
    } else if (is_freezer(hierarchy)) {
      const auto state = read_file(*kernel_, AT_FDCWD, (directory + "/freezer.state").c_str(), largest_state);
      if (state && trim(*state) == "FROZEN") return true;
    }
  }
  return false;
}

}  // namespace lxcx::core
