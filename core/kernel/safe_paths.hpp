// SPDX-License-Identifier: Apache-2.0
// Paths that a container can influence, touched only through fds (docs/security-model.md, invariants 1 and 2). Every function walks from an
// fd with openat2(2), so that no link and no race leads out of it (CVE-2015-1335, CVE-2021-30465, CVE-2024-45310).
#pragma once
#include <string>
#include <string_view>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// What symbolic links on the way mean. Magic links (/proc/PID/fd/N) are always refused.
enum class Links {
  in_root,  ///< followed as if the root fd were "/": they cannot lead out
  refuse,   ///< ELOOP
};

/// Opens `path` (absolute or relative, both from the root) beneath `root_fd`.
Result<UniqueFd> open_beneath(Kernel& kernel, int root_fd, const char* path, int flags, Links links = Links::in_root);

/// mkdir -p beneath `root_fd`; returns an O_PATH fd of the last directory. What exists keeps its mode. A dangling link is refused.
Result<UniqueFd> make_directories_beneath(Kernel& kernel, int root_fd, std::string_view path, mode_t mode, Links links = Links::in_root);

/// An empty regular file beneath `root_fd`, and the directories above it (0755); returns an O_PATH fd. What exists, whatever its type,
/// is returned as it is; nothing that exists is opened for writing.
Result<UniqueFd> create_file_beneath(Kernel& kernel, int root_fd, std::string_view path, mode_t mode, Links links = Links::in_root);

/// Writes one value, in one write(2), to a file of the procfs that `proc_fd` is the root of ("sys/net/ipv4/ip_forward",
/// "thread-self/attr/exec"). Refused unless both are procfs and nothing is mounted on the way (CVE-2015-1334, CVE-2025-52881).
Result<void> write_proc(Kernel& kernel, int proc_fd, const char* path, std::string_view value);
/// The same checks, opening only.
Result<UniqueFd> open_proc(Kernel& kernel, int proc_fd, const char* path, int flags);

/// Opens an existing file for writing and writes the whole value in one write(2), as procfs, sysfs and cgroupfs want it. The error names
/// the path and the value.
Result<void> write_existing_file(Kernel& kernel, int dirfd, const char* path, std::string_view value);

}  // namespace lxcx::core
