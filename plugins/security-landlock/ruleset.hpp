// SPDX-License-Identifier: Apache-2.0
// landlock_create_ruleset(2) and landlock_add_rule(2). The constants are here because <linux/landlock.h> is older than the kernel more
// often than not; they are the kernel's ABI and never change.
#pragma once
#include <cstdint>
#include <string>

#include "lxcx/fd.hpp"
#include "lxcx/result.hpp"

namespace lxcx::landlock {

constexpr std::uint64_t fs_write_file = 1ULL << 1, fs_remove_dir = 1ULL << 4, fs_remove_file = 1ULL << 5, fs_make_char = 1ULL << 6,
                        fs_make_dir = 1ULL << 7, fs_make_reg = 1ULL << 8, fs_make_sock = 1ULL << 9, fs_make_fifo = 1ULL << 10,
                        fs_make_block = 1ULL << 11, fs_make_sym = 1ULL << 12, fs_refer = 1ULL << 13, fs_truncate = 1ULL << 14;
constexpr std::uint64_t net_bind_tcp = 1ULL << 0, net_connect_tcp = 1ULL << 1;
constexpr std::uint64_t scope_abstract_unix_socket = 1ULL << 0, scope_signal = 1ULL << 1;

/// Every right to change files that the ABI can handle. Reading and executing stay free.
constexpr std::uint64_t writing_rights(int abi) {
  return fs_write_file | fs_remove_dir | fs_remove_file | fs_make_char | fs_make_dir | fs_make_reg | fs_make_sock | fs_make_fifo | fs_make_block |
         fs_make_sym | (abi >= 2 ? fs_refer : 0) | (abi >= 3 ? fs_truncate : 0);
}

/// The kernel's Landlock ABI; 0 when it has none or it is turned off.
int kernel_abi();

class Ruleset {
 public:
  static Result<Ruleset> create(std::uint64_t handled_fs, std::uint64_t handled_net, std::uint64_t scoped);
  Result<void> allow_port(std::uint64_t rights, std::uint16_t port);
  /// `rights` that a file cannot have are left out for one. Errors: not_found.
  Result<void> allow_below(std::uint64_t rights, const std::string& path);
  int release() { return fd_.release(); }

 private:
  Fd fd_;
};

}  // namespace lxcx::landlock
