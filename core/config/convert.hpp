// SPDX-License-Identifier: Apache-2.0
// Names from before LXC 2.1 -> today's, in the text, as lxc-update-config does it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/parse.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

struct Conversion {
  struct Change {
    unsigned line;  ///< in the old text
    std::string before;
    std::optional<std::string> after;  ///< nothing: the line went
  };
  std::string text;
  std::vector<Change> changes;
  std::vector<std::string> warnings;  ///< formatted: what is still to be said about the new text
  std::string backup;                 ///< where the old file is; empty: nothing had to be changed
};

/// The text with today's names, in comments too, and the same meaning. Errors: config when it has errors, or has no such text.
Result<Conversion> convert_config(std::string_view text, const std::string& file, const ConfigSource& source);

/// The same for the file itself, of which a copy is kept beside it. Errors: besides, those of ConfigFile.
Result<Conversion> convert_config_file(Kernel& kernel, const std::string& file, const ConfigSource& source);

}  // namespace lxcx::core
