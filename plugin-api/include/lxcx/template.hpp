// SPDX-License-Identifier: Apache-2.0
// A template as its author, and as core, sees it.
#pragma once
#include "lxcx/call.hpp"

namespace lxcx {

struct Build {
  std::string_view container;
  std::string_view directory;    ///< the container's own directory
  std::string_view rootfs;       ///< where the empty volume is mounted during the call
  std::string_view config_path;  ///< the container's configuration, already written; may be edited in place
  std::span<const IdMap> idmap;
  std::vector<std::string_view> args;  ///< what the user wrote after --
};

/// Fills an empty root file system. Named so because `template` is a keyword.
class Template {
 public:
  virtual ~Template() = default;
  /// Runs in a process and a mount namespace of its own, which end with the call. Emits "config" (`key = value`, one line each; core
  /// validates and appends them) and "message" (shown to the user at the end). Unknown arguments are Code::usage. [T-2]
  virtual Result<void> build(Call&, const Build&) = 0;
  /// Emits "option" (`--name=VALUE<TAB>default<TAB>what it does`) or "text" (help as it is). Touches nothing. [T-1]
  virtual Result<void> options(Call&, const Build&) = 0;
};

}  // namespace lxcx
