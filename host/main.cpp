// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/prefault.hpp"
#include "host/run.hpp"

int main(int argc, char** argv) {
  lxcx::core::prefault_program();
  return lxcx::host::run_host(lxcx::core::real_kernel(), argc, argv);
}
