// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <vector>

#include "lxcx/call.hpp"
#include "lxcx/fd.hpp"

namespace lxcx::local {

/// An open archive, and tar's option for its compression ("" for none).
struct Archive {
  std::string path;
  Fd file;
  std::string decompress;
  std::uint64_t size = 0;
};

/// Tells the compression by the first bytes, not by the name. Errors: not_found; config when it is nothing tar reads.
Result<Archive> open_archive(const std::string& path);

struct Unpacking {
  std::string directory;              ///< where to; must exist
  std::vector<std::string> excludes;  ///< tar patterns, anchored
  bool as_found = true;               ///< with owners, modes, devices, ACLs and extended attributes; else everything is ours
  std::span<const IdMap> idmap;       ///< unpacks in a user namespace with this map, so that the kernel shifts every id
  std::uint64_t largest_file = 0;     ///< bytes; 0: no limit
};

/// Runs tar in a mount namespace where everything but the directory is read-only: whatever an archive makes tar do, the host's files stay.
Result<void> unpack(Call& call, const Archive& archive, const Unpacking& unpacking);

}  // namespace lxcx::local
