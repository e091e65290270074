// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "net-common/address.hpp"

namespace lxcx::net {

/// `prefix` and random letters or digits, six as LXC names devices: "vethX1y2Z3".
std::string random_name(std::string_view prefix, int length = 6);

/// Replaces each x or X of a template that check_mac_template accepts; the result is a unicast address.
Mac fill_mac(std::string_view pattern);

}  // namespace lxcx::net
