// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "lxcx/template.hpp"

namespace lxcx::local {

inline constexpr std::string_view config_directory = "/usr/share/lxc/config";
inline constexpr std::string_view hook_directory = "/usr/share/lxc/hooks";

/// What an image's files say in place of what is known at creation only.
class Placeholders {
 public:
  explicit Placeholders(const Build& build);
  /// Replaced in one pass: what is put in is not looked at again.
  std::string replace(std::string_view text) const;

 private:
  std::array<std::pair<std::string_view, std::string>, 5> values_;
};

}  // namespace lxcx::local
