// SPDX-License-Identifier: Apache-2.0
// The source of an overlay, `LOWER[:LOWER2…]:UPPER`, topmost lower first as overlayfs has it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lxcx/result.hpp"

namespace lxcx::overlay {

struct Layers {
  std::vector<std::string> lowers;  ///< at least one; the first hides the second
  std::string upper;
  /// overlayfs wants it on the upper's file system; LXC puts it beside the upper.
  std::string work() const;
  bool operator==(const Layers&) const = default;
};

/// A colon or backslash of a path is written after a backslash; a backslash before anything else stands for itself, as in LXC's files.
/// Errors: config when there are fewer than two layers, or one is not an absolute path.
Result<Layers> parse_layers(std::string_view source);
/// parse_layers(print_layers(x)) == x.
std::string print_layers(const Layers& layers);

}  // namespace lxcx::overlay
