// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "lxcx/result.hpp"

namespace lxcx::net::service {

/// Keeps CAP_NET_ADMIN of all capabilities, and lets no program that is executed have more. Errors: denied without CAP_NET_ADMIN; kernel.
Result<void> keep_network_capability_alone();

}  // namespace lxcx::net::service
