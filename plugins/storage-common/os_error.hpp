// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "lxcx/result.hpp"

namespace lxcx {

/// As fail_errno, but never without a hint: where the caller has none, what the errno itself suggests.
Failure os_error(int sys_errno, std::string message, std::string hint = {});

}  // namespace lxcx
