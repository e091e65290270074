// SPDX-License-Identifier: Apache-2.0
// Where the C++ of template.md stands to be compiled.
#include <lxcx/plugin.hpp>
using namespace lxcx;

class Sample final : public Template {
 public:
  // block 1
  Result<void> build(Call& call, const Build&) override {
    // block 2
    return {};
  }
};

const Sample sample;
