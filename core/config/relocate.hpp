// SPDX-License-Identifier: Apache-2.0
// A configuration whose container gets another name and directory. Pure.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/parse.hpp"

namespace lxcx::core {

struct Relocation {
  std::vector<std::pair<std::string, std::string>> directories;  ///< from, to; a place may be spelled in several ways
  std::string old_name, new_name;
  /// Of a copy: what below an old directory stays the old container's, relative to it; with all that is below that.
  std::vector<std::string> staying;
};

/// The way back.
Relocation reversed(Relocation relocation);

/// A value with each path below an old directory, or the directory itself, moved: "overlay:/c/web/a:/c/web/b,ro". A longer name (/c/web2) is another.
std::string relocate_value(std::string_view value, const Relocation& relocation);

/// The values of the file's own lines, lxc.uts.name where it is the old name, and nothing else: comments, blanks and line ends stay.
std::string relocate_config(std::string_view text, const Relocation& relocation);

/// The entries of an fstab(5), comments left as they are.
std::string relocate_fstab(std::string_view text, const Relocation& relocation);

/// What below an old directory a value names, relative to it, without needless parts.
std::vector<std::string> named_below(std::string_view value, const Relocation& relocation);

/// Finds each file where the relocation has it.
ConfigSource relocated_source(const ConfigSource& source, const Relocation& relocation);

}  // namespace lxcx::core
