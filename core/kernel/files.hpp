// SPDX-License-Identifier: Apache-2.0
// Whole small files through the kernel interface. For files of lxcx's own and of the host; what a container can influence goes through
// safe_paths.hpp.
#pragma once
#include <sys/stat.h>

#include <string>
#include <string_view>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// Everything from the fd's position on. Errors: usage when it is longer than `limit` bytes.
Result<std::string> read_all(Kernel& kernel, int fd, std::size_t limit);
Result<std::string> read_file(Kernel& kernel, int dirfd, const char* path, std::size_t limit);
Result<void> write_all(Kernel& kernel, int fd, std::string_view text);
/// Replaces a file by a new one with that text: a reader sees the old or the new, whole. `name` has no '/'.
Result<void> replace_file(Kernel& kernel, int dirfd, const std::string& name, std::string_view text, mode_t mode);
/// The same, on disk when it returns, for what must outlive a power cut. `dirfd` is open for reading.
Result<void> replace_file_durably(Kernel& kernel, int dirfd, const std::string& name, std::string_view text, mode_t mode);
/// A new file that belongs to whom `like` belongs, with its mode; on disk when this returns. Errors: busy when there is one of that name.
Result<void> create_file_like(Kernel& kernel, int dirfd, const std::string& name, std::string_view text, const struct stat& like);
/// replace_file() for what a user would miss: the new file is as create_file_like() makes it. `dirfd` is open for reading.
Result<void> replace_file_like(Kernel& kernel, int dirfd, const std::string& name, std::string_view text, const struct stat& like);
/// Opens a file and takes its flock(2), of the one that has the name then. Errors: busy when another held it for `timeout_ms`.
Result<UniqueFd> open_locked(Kernel& kernel, const std::string& path, int flags, mode_t mode, int timeout_ms);
/// mkdir -p; true when the last component was made. Existing directories are left as they are.
Result<bool> make_directories(Kernel& kernel, const std::string& path, mode_t mode);

/// Whether root or the caller owns a file that says what is to be done, and not everybody may write it. Errors: denied.
Result<void> check_owner(const std::string& path, const struct stat& status);

}  // namespace lxcx::core
