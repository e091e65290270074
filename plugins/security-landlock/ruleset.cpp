// SPDX-License-Identifier: Apache-2.0
#include "ruleset.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>

namespace lxcx::landlock {
namespace {

// The numbers are the same on every architecture.
constexpr long sys_create_ruleset = 444, sys_add_rule = 445;
constexpr unsigned create_ruleset_version = 1;
constexpr unsigned rule_path_beneath = 1, rule_net_port = 2;

struct RulesetAttr {
  std::uint64_t handled_access_fs, handled_access_net, scoped;
};
struct [[gnu::packed]] PathBeneathAttr {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};
struct NetPortAttr {
  std::uint64_t allowed_access, port;
};

}  // namespace

int kernel_abi() { return static_cast<int>(std::max(0L, syscall(sys_create_ruleset, nullptr, 0, create_ruleset_version))); }

Result<Ruleset> Ruleset::create(std::uint64_t handled_fs, std::uint64_t handled_net, std::uint64_t scoped) {
  // An older kernel takes the longer struct as long as what it does not know is 0.
  const RulesetAttr attr{handled_fs, handled_net, scoped};
  Ruleset ruleset;
  ruleset.fd_.reset(static_cast<int>(syscall(sys_create_ruleset, &attr, sizeof attr, 0)));
  if (!ruleset.fd_) return fail_errno(errno, "landlock_create_ruleset");
  return ruleset;
}

Result<void> Ruleset::allow_port(std::uint64_t rights, std::uint16_t port) {
  const NetPortAttr attr{rights, port};
  if (syscall(sys_add_rule, fd_.get(), rule_net_port, &attr, 0) < 0)
    return fail_errno(errno, "landlock_add_rule for TCP port " + std::to_string(port));
  return {};
}

Result<void> Ruleset::allow_below(std::uint64_t rights, const std::string& path) {
  const Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place) return fail_errno(errno, "open '" + path + "'", "make it first, or leave it out");
  struct stat status{};
  if (fstat(place.get(), &status) < 0) return fail_errno(errno, "fstat '" + path + "'");
  if (!S_ISDIR(status.st_mode)) rights &= fs_write_file | fs_truncate;
  const PathBeneathAttr attr{rights, place.get()};
  if (syscall(sys_add_rule, fd_.get(), rule_path_beneath, &attr, 0) < 0) return fail_errno(errno, "landlock_add_rule for '" + path + "'");
  return {};
}

}  // namespace lxcx::landlock
