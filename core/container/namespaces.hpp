// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <linux/sched.h>

#include <array>

namespace lxcx::core {

/// The clone(2) flag of each namespace, in the order of enum Namespace.
constexpr std::array<unsigned, 8> clone_bits{CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWUTS,
                                             CLONE_NEWIPC,  CLONE_NEWNET, CLONE_NEWCGROUP, CLONE_NEWTIME};

}  // namespace lxcx::core
