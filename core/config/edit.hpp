// SPDX-License-Identifier: Apache-2.0
// Changes of a configuration's text: one key set or taken out, and every other byte left as it is.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/config/parse.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

struct ConfigEdit {
  enum class Verb {
    set,     ///< the file's own lines of this key become one; an empty value clears, as in a configuration
    append,  ///< one more line of a list
    unset,   ///< the file's own lines of this key, group or network device go
  } verb = Verb::set;
  std::string key;  ///< by any of its names
  std::string value;
};

struct EditedConfig {
  std::string text;
  std::vector<std::string> warnings;  ///< formatted: what the new line makes one think of, and where else the key gets values from
};

/// The text with one change. Nothing is given back that would not load, or in which the change would have no effect.
/// Errors: usage for a key that is none; not_found when there is nothing to unset; config otherwise.
Result<EditedConfig> edit_config(std::string_view text, const std::string& file, const ConfigSource& source, const ConfigEdit& edit);

/// The same for the file itself, which is replaced as a whole or not at all; returns the warnings. Errors: besides, those of ConfigFile.
Result<std::vector<std::string>> edit_config_file(Kernel& kernel, const std::string& file, const ConfigSource& source, const ConfigEdit& edit);

}  // namespace lxcx::core
