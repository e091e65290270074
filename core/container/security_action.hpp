// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/base/unique_fd.hpp"

namespace lxcx::core {

/// What a security plugin asked for, in the order emitted.
struct SecurityAction {
  enum class Type {
    seccomp,
    label,
    landlock
  } type;
  std::string bytes;   ///< seccomp: struct sock_filter[]; label: the text
  unsigned flags = 0;  ///< seccomp: SECCOMP_FILTER_FLAG_*
  UniqueFd ruleset;    ///< landlock
};

}  // namespace lxcx::core
