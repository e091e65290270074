// SPDX-License-Identifier: Apache-2.0
// Where the C++ of hook.md stands to be compiled.
#include <lxcx/plugin.hpp>
using namespace lxcx;

Result<void> run() {
  // block 1
}
