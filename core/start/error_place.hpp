// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/config/container_config.hpp"

namespace lxcx::core {

/// Gives a failed start the line of the configuration that it is about: the key that the message names ("lxc.net.0.link: …"), else, where there is no
/// place yet, the key that its context names, innermost first, or the line whose path it quotes ("execute '/sbin/init' …").
void add_place(const ContainerConfig& config, Error& error);

}  // namespace lxcx::core
