// SPDX-License-Identifier: Apache-2.0
// One question and its answer on the control socket.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/kernel/kernel.hpp"
#include "core/monitor/protocol.hpp"
#include "lxcx/result.hpp"

namespace lxcx::core {

/// The socket's path through the run directory's fd.
std::string control_path(int run_dirfd);

struct ControlAnswer {
  std::string payload;
  std::vector<UniqueFd> fds;
};
/// Errors: the monitor's own; not_running when it has gone; timeout when it says nothing for five seconds.
Result<ControlAnswer> exchange(Kernel& kernel, int socket, const control::Request& request, std::span<const int> fds = {});

}  // namespace lxcx::core
