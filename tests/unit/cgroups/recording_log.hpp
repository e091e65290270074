// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "core/base/log.hpp"

namespace lxcx::test {

class RecordingLog final : public core::Log {
 public:
  void write(core::Level level, std::string_view text) override {
    if (level >= core::Level::warn) warnings.emplace_back(text);
  }
  bool wants(core::Level) const override { return true; }
  std::vector<std::string> warnings;
};

}  // namespace lxcx::test
