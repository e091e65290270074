// SPDX-License-Identifier: Apache-2.0
// A numbered promise of a plugin, and what became of checking it.
#pragma once
#include <expected>
#include <span>
#include <string>
#include <utility>

#include "lxcx/result.hpp"

namespace lxcx::conformance {

/// Why a check did not pass.
struct Objection {
  bool is_skip = false;
  std::string why;
};

template <class T>
using Expected = std::expected<T, Objection>;
using Checked = Expected<void>;

inline std::unexpected<Objection> failed(std::string why) { return std::unexpected(Objection{false, std::move(why)}); }
inline std::unexpected<Objection> skipped(std::string why) { return std::unexpected(Objection{true, std::move(why)}); }
inline Checked ensure(bool holds, std::string otherwise) {
  if (holds) return {};
  return failed(std::move(otherwise));
}

class Subject;

struct Requirement {
  const char* id;    ///< "S-3": as in docs/plugin-authors/requirements.md, with the same text
  const char* text;
  Checked (*check)(Subject&);
};

std::span<const Requirement> common_requirements();
std::span<const Requirement> storage_requirements();
std::span<const Requirement> storage_capability_requirements();
std::span<const Requirement> network_requirements();
std::span<const Requirement> template_requirements();
std::span<const Requirement> security_requirements();
std::span<const Requirement> hook_requirements();

}  // namespace lxcx::conformance
