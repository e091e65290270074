// SPDX-License-Identifier: Apache-2.0
// Where a check runs: a process of its own in fresh mount, network, pid, ipc and uts namespaces, the machine's files read-only.
#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "lxcx/result.hpp"

namespace lxcx::conformance {

struct SandboxView {
  std::string scratch;  ///< empty, writable, gone afterwards
  bool is_real_root = true;
};

struct SandboxOutcome {
  std::string report;   ///< what the body returned
  std::string death;    ///< not empty: how the process ended instead
};

/// Runs `body` there and brings back what it returns. Everything it started or mounted ends with it. Writable are `scratch` (a tmpfs, or
/// `base` when it names a directory), /run, /var/cache and the sandbox's own /proc and /sys; TMPDIR is in scratch. Run by an ordinary user,
/// the sandbox has a user namespace in which they are root.
/// Errors: kernel, when the sandbox cannot be made.
Result<SandboxOutcome> in_sandbox(const std::string& base, std::chrono::seconds timeout, const std::function<std::string(const SandboxView&)>& body);

}  // namespace lxcx::conformance
