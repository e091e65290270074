// SPDX-License-Identifier: Apache-2.0
// /proc/sys/net of the calling thread's network namespace, touched only through file descriptors on a real procfs.
#pragma once
#include <string_view>

#include "lxcx/result.hpp"
#include "net-common/address.hpp"

namespace lxcx::net {

/// net.ipv4.conf.DEVICE.KEY or its IPv6 sibling, as a number. `device` may be "all".
Result<int> read_device_sysctl(Family family, std::string_view device, std::string_view key);
Result<void> write_device_sysctl(Family family, std::string_view device, std::string_view key, int value);

}  // namespace lxcx::net
