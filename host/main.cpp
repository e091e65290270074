// SPDX-License-Identifier: Apache-2.0
#include "host/run.hpp"

int main(int argc, char** argv) { return lxcx::host::run_host(lxcx::core::real_kernel(), argc, argv); }
