// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

#include "core/base/text.hpp"
#include "core/container/run_directory.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

constexpr int step_ms = 10;

/// The file may have been removed between open and lock: then another holds a lock on a newer one.
Result<bool> is_the_one_on_disk(Kernel& kernel, int fd, const std::string& path) {
  LXCX_TRY(mine, kernel.fstat(fd));
  const Result<struct stat> there = kernel.fstatat(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW);
  return there && there->st_ino == mine.st_ino && there->st_dev == mine.st_dev;
}

}  // namespace

Result<UniqueFd> lock_container(Kernel& kernel, const RuntimeRoot& root, const ContainerPaths& paths, int timeout_ms) {
  LXCX_CHECK(make_directories(kernel, root.directory, 0711));
  LXCX_CHECK(make_directories(kernel, root.of_lxcpath(paths.lxcpath), 0700));
  const std::string path = root.lock_of(paths);
  for (int waited_ms = 0;; waited_ms += step_ms) {
    LXCX_TRY(fd, doing(kernel.openat(AT_FDCWD, path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW, 0600), "lock '" + paths.name + "'"));
    const Result<void> locked = kernel.flock(fd.get(), LOCK_EX | LOCK_NB);
    if (locked) {
      LXCX_TRY(valid, is_the_one_on_disk(kernel, fd.get(), path));
      if (valid) return fd;
      continue;
    }
    if (locked.error().code != Code::busy) return doing(Result<UniqueFd>(std::unexpected(locked.error())), "lock '" + paths.name + "'");
    if (waited_ms >= timeout_ms)
      return fail(Code::busy, "another lxcx command is working on '" + paths.name + "'", "wait for it, or see who holds " + path);
    const timespec pause{0, step_ms * 1'000'000L};
    ::nanosleep(&pause, nullptr);
  }
}

// The path when it fits, else lxc/<hash>/command (unix(7): sun_path has 108 bytes, one is the leading NUL).
std::string lxc_command_name(const ContainerPaths& paths) {
  const std::string id = paths.lxcpath + "/" + paths.name;
  const std::string name = id + "/command";
  return name.size() > 106 ? "lxc/" + hex16(fnv1a(id)) + "/command" : name;
}

bool runs_under_lxc(const ContainerPaths& paths) {
  const UniqueFd fd(::open("/proc/net/unix", O_RDONLY | O_CLOEXEC));
  if (!fd) return false;
  const Result<std::string> text = read_all(real_kernel(), fd.get(), std::size_t{64} << 20);
  return text && text->find(" @" + lxc_command_name(paths) + "\n") != std::string::npos;
}

}  // namespace lxcx::core
