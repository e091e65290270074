// SPDX-License-Identifier: Apache-2.0
// The service's main loop. Each connection is taken and answered by a process of its own: a descriptor that was sent is closed only when its file
// system says so, which a user's FUSE server may never do, or after the linger time that the user has set, socket(7).
#pragma once
#include <optional>

#include "lxcx/result.hpp"
#include "net-veth/service/requests.hpp"

namespace lxcx::net::service {

/// Until SIGTERM or SIGINT; or, where `ends_idle`, until there was nothing to do for a minute. Single-threaded; blocks those signals and SIGCHLD.
/// Leaves `listening` for the end of the process to close, as to what waits in its queue. Errors: kernel.
Result<void> run_server(int listening, const Means& means, bool ends_idle);

}  // namespace lxcx::net::service
