// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/stat.h>

#include <string>

#include "lxcx/result.hpp"

namespace lxcx::storage {

/// Gives the open file `to` the owner, extended attributes, mode and times of `from`, whose stat is `status`. The order matters: a change
/// of owner takes away set-id bits and file capabilities.
Result<void> copy_metadata(int from, int to, const struct stat& status);

/// The same for an entry that cannot be opened for this (a link, a device), by directory and name; links are not followed.
Result<void> copy_metadata_at(int from_directory, int to_directory, const char* name, const struct stat& status);

}  // namespace lxcx::storage
