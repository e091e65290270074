// SPDX-License-Identifier: Apache-2.0
// lxcx-netd, as the plugin asks it.
#pragma once
#include <string>

#include "net-veth/service/protocol.hpp"

namespace lxcx::net {

/// One request and its reply, within 15 seconds. `netns_fd` goes with it unless it is -1.
/// Errors: denied, with what root has to do, when the service is not there; timeout; else what the service said.
Result<service::Made> ask_service(const std::string& socket_path, const service::Request& request, int netns_fd);

}  // namespace lxcx::net
