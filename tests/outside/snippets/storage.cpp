// SPDX-License-Identifier: Apache-2.0
// Where the C++ of storage.md stands to be compiled.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lxcx/plugin.hpp>
using namespace lxcx;

Result<int> attach(const std::string& path) {
  // block 1
}
