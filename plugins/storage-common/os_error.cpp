// SPDX-License-Identifier: Apache-2.0
#include "storage-common/os_error.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace lxcx {
namespace {

struct Suggestion {
  int sys_errno;
  std::string_view text;
};
constexpr std::array suggestions{
    Suggestion{EPERM, "run it as root, and outside of a user namespace"},
    Suggestion{EACCES, "run it as root, or correct the permissions of that path and of the directories above it"},
    Suggestion{ENOENT, "check the path, and create what is missing"},
    Suggestion{ENOTDIR, "a part of that path is not a directory"},
    Suggestion{ELOOP, "a symbolic link stands where none may be; name what it points to"},
    Suggestion{EEXIST, "something stands there already; move it out of the way"},
    Suggestion{EBUSY, "something uses it: a mount, or a process; see findmnt(8) and fuser(1)"},
    Suggestion{EROFS, "the file system is read-only; remount it, or use another"},
    Suggestion{ENOSPC, "the file system is full: free blocks or inodes (df, df -i)"},
    Suggestion{EDQUOT, "the quota is used up; see quota(1)"},
    Suggestion{EMFILE, "too many open files: raise the limit (ulimit -n)"},
    Suggestion{ENFILE, "the system has too many open files: see fs.file-max in sysctl(8)"},
    Suggestion{ENOMEM, "there is not enough memory"},
    Suggestion{EAGAIN, "a limit on processes is reached: see ulimit -u and the cgroup's pids.max"},
    Suggestion{EIO, "the device or file system has an error: see dmesg"},
    Suggestion{ENOSYS, "this kernel does not have that system call; lxcx wants Linux 5.12 or later"},
    Suggestion{EOPNOTSUPP, "the file system cannot do that; use another, such as ext4, xfs or btrfs"},
};

}  // namespace

Failure os_error(int sys_errno, std::string message, std::string hint) {
  if (hint.empty()) {
    const auto* found = std::ranges::find(suggestions, sys_errno, &Suggestion::sys_errno);
    hint = found != suggestions.end() ? found->text : "see dmesg, or strace -f, for what the kernel objects to";
  }
  return fail_errno(sys_errno, std::move(message), std::move(hint));
}

}  // namespace lxcx
