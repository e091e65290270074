// SPDX-License-Identifier: Apache-2.0
// One connection: one request, one reply.
#pragma once
#include <sys/types.h>

#include <optional>

#include "lxcx/fd.hpp"
#include "net-veth/service/requests.hpp"

namespace lxcx::net::service {

/// Who is at the other end, as it was when it connected. None when the kernel does not say.
std::optional<uid_t> user_of(int connection);

/// Receives the request within two seconds, and replies; at once to an id that no user has. A peer that says nothing, or is gone, is left alone.
void serve(int connection, uid_t uid, const Means& means);

/// Does not wait for a peer that does not listen.
void reply(int connection, const Result<Made>& result);

}  // namespace lxcx::net::service
