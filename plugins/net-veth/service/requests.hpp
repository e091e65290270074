// SPDX-License-Identifier: Apache-2.0
// What the service does for a user, who is known by the kernel's word (SO_PEERCRED, unix(7)).
#pragma once
#include <string>

#include "lxcx/result.hpp"
#include "net-veth/service/protocol.hpp"
#include "net-veth/service/user.hpp"

namespace lxcx::net::service {

struct Means {
  std::string usernet = default_usernet;
  int lock_fd = -1;  ///< counting and making are one act: fcntl(2) locks between the processes that answer; the caller's to close
};

/// `netns_fd` came with the request, -1 when none did; the caller's to close. check and remove give an empty Made.
/// Errors: denied, when the user may not; not_found and config, of the bridge; kernel. On error nothing is left behind.
Result<Made> answer(const Means& means, const User& user, const Request& request, int netns_fd);

}  // namespace lxcx::net::service
