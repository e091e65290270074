// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/stat.h>

#include <atomic>

#include "lxcx/result.hpp"

namespace lxcx::storage {

/// What two file systems can do with each other, found out once and remembered. Shared by threads.
struct CopyAbilities {
  std::atomic<bool> reflink{true};
  std::atomic<bool> copy_file_range{true};
};

/// Copies the contents of one regular file into an empty one: shared extents where the file system can (FICLONE), else in the kernel, else
/// through a buffer. Holes stay holes.
Result<void> copy_data(int from, int to, const struct stat& status, CopyAbilities& abilities);

}  // namespace lxcx::storage
