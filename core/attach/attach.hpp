// SPDX-License-Identifier: Apache-2.0
// Running a program inside a running container. The work inside is done by a tiny static program (libexec/lxcx/lxcx-enter), executed from a
// detached read-only mount of itself, so that neither it nor any host library can be opened for writing from inside (CVE-2019-5736).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/log.hpp"
#include "core/config/container_config.hpp"
#include "core/container/run_directory.hpp"
#include "core/container/security_action.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

struct EnterOptions {
  std::vector<std::string> command;      ///< empty: the login shell of the uid, else /bin/sh
  bool clear_environment = false;
  std::vector<std::string> keep;         ///< names, with clear_environment
  std::vector<std::string> set;          ///< NAME=value
  std::optional<unsigned> namespaces;    ///< namespace_bit()s; unset: all of the container's
  bool elevate_capabilities = false, elevate_cgroup = false, elevate_lsm = false;
  bool remount_sys_proc = false;
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  std::vector<gid_t> groups;
  std::optional<unsigned long> personality;
  std::string directory;                 ///< working directory inside; empty: /
  std::string directory_if_there;        ///< in place of /, where it exists inside
  std::string pty_log;
  /// Told why the program could not be executed, when the status is 126 or 127; unset: the log is.
  std::function<void(const Error&)> on_not_executed;
  enum class Tty {
    automatic,
    never,
    always
  } tty = Tty::automatic;
};

/// Everything about the container that attach needs; filled by the runtime from the run directory.
struct EnterTarget {
  ProcessId init;
  unsigned clone_flags = 0;
  std::string cgroup;
  std::string cgroup_base;
  std::vector<SecurityAction> actions;
  ContainerConfig config;
  std::string helper;  ///< path of lxcx-enter
  /// Gets each listener that `actions` make. Called while the command waits, before its program runs; an error ends the attach.
  std::function<Result<void>(UniqueFd listener)> take_listener;
};

/// Runs the command and waits for it; relays a pty when one is asked for or a standard stream is a terminal.
/// Returns its status as a shell reports it (126, 127 for exec failures). Errors: what failed before exec.
Result<int> enter_container(Kernel& kernel, Log& log, const EnterTarget& target, const EnterOptions& options);

}  // namespace lxcx::core
