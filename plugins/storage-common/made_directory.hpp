// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>

#include "lxcx/call.hpp"
#include "lxcx/fd.hpp"
#include "storage-common/idmap.hpp"

namespace lxcx::storage {

/// An absolute path without "." and empty parts. Errors: config when it is not absolute or has "..". `what` names it in messages.
Result<std::string> clean_path(std::string_view path, std::string_view what);

/// True when `path` lies below `directory`; both are clean.
bool is_inside(std::string_view path, std::string_view directory);

/// Makes a directory and returns it open, after recording under `key` that it is ours; an empty one that stands there is adopted, and
/// recorded as that. Its parent must exist. A directory that this call has recorded before, and that is empty, is taken as it is.
/// Errors: busy when it stands there and is not empty, or is no directory. On error nothing is left behind.
Result<Fd> make_directory(Call& call, const std::string& path, mode_t mode, Owner owner, std::string_view key);

/// The path in a record that make_directory() wrote; empty when there is none.
std::string_view recorded_path(std::string_view record);

/// Undoes make_directory, with all that was put in since. What was made is removed; what was adopted is emptied. Where nothing was recorded
/// (a container that LXC made, or a journal that is gone), only what lies inside `container_directory` is removed; anything else is left,
/// with a notice. That it is gone already is no error.
Result<void> remove_made_directory(Call& call, const std::string& path, std::string_view container_directory, std::string_view key);

}  // namespace lxcx::storage
