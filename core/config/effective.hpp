// SPDX-License-Identifier: Apache-2.0
// Which of the assignments that were read still count at the end: later ones replace or clear earlier ones, by the key table's columns.
#pragma once
#include <string>
#include <vector>

#include "core/config/keys.hpp"

namespace lxcx::core {

struct Recorded {
  const KeySpec* spec = nullptr;
  Setting setting;  ///< by its current name; an empty value clears
  /// What follows the prefix of a family.
  std::string_view name() const {
    const std::string_view key = setting.key;
    return spec->is_family() ? key.substr(spec->name.size()) : std::string_view{};
  }
  Assignment assignment() const { return {setting.key, name(), setting.value, setting.where}; }
};

/// Whether each line of this key adds; else the last one wins.
bool is_list(const KeySpec& spec, std::string_view key);

/// Those that count, in order.
std::vector<Recorded> effective(std::vector<Recorded> all);

}  // namespace lxcx::core
