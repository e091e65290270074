// SPDX-License-Identifier: Apache-2.0
// Runs the whole of lxcx on a fake runtime, and gives back what it wrote.
#pragma once
#include <string>
#include <vector>

#include "core/kernel/kernel.hpp"
#include "fake_runtime.hpp"

namespace lxcx::host {

struct Ran {
  int status = 0;
  std::string out, err;
};

/// `words` without the program's name. The world keeps what the run asked for; set it up before.
Ran run_lxcx(const std::vector<std::string>& words, core::Kernel& kernel = core::real_kernel());

/// A new world with nothing in it.
core::FakeWorld& new_world();

}  // namespace lxcx::host
