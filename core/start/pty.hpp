// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/config/container_config.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

struct Pty {
  UniqueFd master, slave;
  unsigned number = 0;
};

/// A new pseudo-terminal of the devpts whose root `devpts_fd` is; -1: the host's.
Result<Pty> open_pty(Kernel& kernel, int devpts_fd);

/// Whether /dev/console is allocated from the container's own devpts.
bool console_is_inside(const ContainerConfig& config);

}  // namespace lxcx::core
