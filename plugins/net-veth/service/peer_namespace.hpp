// SPDX-License-Identifier: Apache-2.0
// Whether a network namespace is a user's to put devices into. The kernel is asked, by the descriptor that was sent: no pid is looked up.
#pragma once
#include <sys/types.h>

#include "lxcx/result.hpp"

namespace lxcx::net::service {

/// `fd` is a network namespace, and the user has every capability over it: of the user namespaces from its owner upwards, the last one below the
/// caller's own was made by that user (user_namespaces(7), the rules for capabilities). The caller's own network namespace is nobody's but
/// root's, and neither is one that another user's container has, or root's with mapped ids (CVE-2017-5985).
/// Asks nothing of a file system that a user may serve. Errors: denied.
Result<void> check_namespace_of(int fd, uid_t user);

}  // namespace lxcx::net::service
