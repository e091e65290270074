// SPDX-License-Identifier: Apache-2.0
// Who a user id is, to the machine's databases (nsswitch.conf(5)).
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::net::service {

struct User {
  uid_t uid = 0;
  std::string name;
  std::vector<std::string> groups;  ///< the primary one too
};

/// Errors: denied, when no user has that id, or it is the overflow id, which stands for any.
Result<User> find_user(uid_t uid);

}  // namespace lxcx::net::service
