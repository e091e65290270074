// SPDX-License-Identifier: Apache-2.0
// The key names of LXC before 2.1, translated while reading.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/config/container_config.hpp"

namespace lxcx::core {

struct Translation {
  enum class Kind {
    renamed,       ///< `key` is today's name
    backend,       ///< lxc.rootfs.backend: becomes the TYPE: of lxc.rootfs.path
    no_effect,     ///< lxc.kmsg, lxc.pivotdir
    type_missing,  ///< lxc.network.SUB-KEY before any lxc.network.type
  } kind = Kind::renamed;
  std::string key;
};

/// Translates old keys; remembers which device the un-indexed lxc.network.* lines belong to.
class LegacyNames {
 public:
  /// Nothing when `key` is no old name either. `has_value`: an empty lxc.network.type starts no device.
  std::optional<Translation> translate(std::string_view key, bool has_value);

  /// Told of every device that has got a type, under either name, so that un-indexed ones get a number that is free.
  void saw_device(unsigned index);

 private:
  Translation translate_network(std::string_view sub_key, bool has_value);

  unsigned next_device_ = 0;
  std::optional<unsigned> device_;
};

/// lxc.network.SUB-KEY, of that device, by its name of today.
std::string network_key(unsigned device, std::string_view sub_key);

/// lxc.rootfs and lxc.rootfs.backend as one lxc.rootfs.path.
std::string with_backend(const std::string& path, const std::string& backend);

}  // namespace lxcx::core
