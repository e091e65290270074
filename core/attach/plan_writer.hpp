// SPDX-License-Identifier: Apache-2.0
// Puts a plan for lxcx-enter together (core/attach/enter/plan.hpp).
#pragma once
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "core/attach/enter/plan.hpp"
#include "lxcx/result.hpp"

namespace lxcx::core {

class PlanWriter {
 public:
  PlanWriter() : bytes_(sizeof(enter::Plan), '\0') {
    plan.magic = enter::plan_magic;
    plan.version = enter::plan_version;
  }
  enter::Plan plan{};  ///< everything but the size

  template <class T>
  enter::Span add(std::span<const T> items) {
    return append(items.data(), items.size_bytes(), items.size());
  }
  enter::Span add_strings(const std::vector<std::string>& strings);
  enter::Span add_bytes(std::string_view bytes) { return append(bytes.data(), bytes.size(), bytes.size()); }

  /// The finished block. Errors: usage when it is larger than lxcx-enter takes, or a string holds a NUL.
  Result<std::string> finish();

 private:
  enter::Span append(const void* data, std::size_t size, std::size_t count);

  std::string bytes_;
  bool has_nul_ = false;
};

}  // namespace lxcx::core
