// SPDX-License-Identifier: Apache-2.0
// The configuration that a kernel was built with.
#pragma once
#include <string>
#include <string_view>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// The text that a gzip file holds, if it is one, else the bytes themselves. Errors: config for a damaged one, or one that holds more than 16 MiB.
Result<std::string> gunzip(std::string_view bytes);

struct KernelConfig {
  std::string file;
  std::string text;

  /// "CONFIG_VETH", built in or as a module.
  bool has(std::string_view option) const;
};

/// `wanted` (empty: /proc/config.gz), else /boot/config-RELEASE, else /lib/modules/RELEASE/build/.config. Errors: not_found, with all places.
Result<KernelConfig> find_kernel_config(Kernel& kernel, const std::string& wanted);

}  // namespace lxcx::core
