// SPDX-License-Identifier: Apache-2.0
// Opening what lxcx is about to believe: once, checked by that fd, and that fd is what is read or loaded.
#pragma once
#include <string>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// Run as root, refuses what anybody else can write: a file, its directory, or one of the directories above.
///
/// Trusted are root; the owner of "/", which is root as seen from a user namespace that does not map it; and the owner of the running
/// executable, who needs no plugin to run code as the caller (a build tree under sudo). Run by others nothing is refused for its owner: they
/// can give away no more than their own account.
class Trust {
 public:
  explicit Trust(Kernel& kernel);

  /// Walks down from "/" and checks every directory on the way. The path is made absolute first.
  /// Errors: not_found; plugin, naming the component and what is wrong with it. A symbolic link as the last component is refused.
  Result<UniqueFd> open_directory(const std::string& path) const;
  /// A regular file in an open directory; `shown` is its path for messages. A symbolic link fails with ELOOP.
  Result<UniqueFd> open_file(int directory, const char* name, const std::string& shown) const;
  /// Directory and file in one, for an absolute path.
  Result<UniqueFd> open_path(const std::string& path) const;

 private:
  Result<void> check(const struct stat& status, const std::string& shown, bool may_be_sticky) const;
  bool is_trusted(uid_t uid) const;

  Kernel& kernel_;
  bool enforced_ = false;
  std::vector<uid_t> owners_;
};

}  // namespace lxcx::core
