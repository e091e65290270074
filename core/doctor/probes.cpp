// SPDX-License-Identifier: Apache-2.0
#include "core/doctor/probes.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "core/device/device.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"

namespace lxcx::core {
namespace {

template <class T>
int error_of(const Result<T>& result) {
  return result ? 0 : std::max(result.error().sys_errno, 1);
}

/// What a child says of `act`: an errno fits into an exit status.
ProbeAnswer ask_in_child(Kernel& kernel, const std::function<int()>& act) {
  const Result<pid_t> child = kernel.fork();
  if (!child) return {error_of(child), {}};
  if (*child == 0) ::_exit(act());
  const Result<ExitStatus> status = kernel.wait_pid(*child);
  if (!status) return {error_of(status), {}};
  return {status->as_shell(), {}};
}

/// A child in a user namespace of its own, which waits; it ends with the object.
class UserNamespace {
 public:
  static Result<UserNamespace> make(Kernel& kernel) {
    LXCX_TRY(ready, kernel.pipe2(0));
    LXCX_TRY(wait, kernel.pipe2(0));
    LXCX_TRY(child, kernel.fork());
    if (child == 0) {
      wait.second.reset();
      const Result<void> made = kernel.unshare(CLONE_NEWUSER);
      char byte = made ? 'y' : 'n';
      (void)kernel.write(ready.second.get(), &byte, 1);
      (void)kernel.read(wait.first.get(), &byte, 1);
      ::_exit(0);
    }
    UserNamespace holder(kernel, child, std::move(wait.second));
    char byte = 'n';
    LXCX_CHECK(kernel.read(ready.first.get(), &byte, 1));
    if (byte != 'y') return fail_errno(EPERM, "unshare CLONE_NEWUSER");
    const std::string process = "/proc/" + std::to_string(child);
    for (const char* map : {"/uid_map", "/gid_map"}) LXCX_CHECK(write_existing_file(kernel, AT_FDCWD, (process + map).c_str(), "0 100000 65536"));
    LXCX_TRY(fd, kernel.openat(AT_FDCWD, (process + "/ns/user").c_str(), O_RDONLY));
    holder.fd_ = std::move(fd);
    return holder;
  }
  UserNamespace(UserNamespace&& other) noexcept
      : kernel_(other.kernel_), child_(std::exchange(other.child_, 0)), stop_(std::move(other.stop_)), fd_(std::move(other.fd_)) {}
  UserNamespace& operator=(UserNamespace&&) = delete;
  ~UserNamespace() {
    stop_.reset();
    if (child_ > 0) (void)kernel_.wait_pid(child_);
  }
  int fd() const { return fd_.get(); }

 private:
  UserNamespace(Kernel& kernel, pid_t child, UniqueFd stop) : kernel_(kernel), child_(child), stop_(std::move(stop)) {}

  Kernel& kernel_;
  pid_t child_;
  UniqueFd stop_, fd_;
};

Result<void> try_idmapped_mount(Kernel& kernel, const std::string& directory) {
  LXCX_TRY(user, UserNamespace::make(kernel));
  LXCX_TRY(tree, kernel.open_tree(AT_FDCWD, directory.c_str(), OPEN_TREE_CLONE));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<unsigned>(user.fd());
  return kernel.mount_setattr(tree.get(), "", AT_EMPTY_PATH, attributes);
}

}  // namespace

bool ProbeAnswer::is_unknown() const { return error == EPERM || error == EACCES; }

ProbeAnswer ask_for_namespace(Kernel& kernel, int flag) {
  return ask_in_child(kernel, [&] { return error_of(kernel.unshare(flag)); });
}

ProbeAnswer ask_for_filesystem(Kernel& kernel, const char* type) { return {error_of(kernel.fsopen(type)), {}}; }

ProbeAnswer ask_for_link_kind(Kernel& kernel, const char* kind) {
  return ask_in_child(kernel, [&] {
    if (const Result<void> away = kernel.unshare(CLONE_NEWNET); !away) return error_of(away);
    const Result<bool> known = knows_link_kind(kernel, kind);
    return known ? (*known ? 0 : EOPNOTSUPP) : error_of(known);
  });
}

ProbeAnswer ask_for_idmapped_mounts(Kernel& kernel, const std::string& directory) {
  const Result<void> mounted = try_idmapped_mount(kernel, directory);
  return {error_of(mounted), mounted ? std::string() : mounted.error().message};
}

ProbeAnswer ask_for_seccomp(Kernel& kernel) {
  // seccomp(2): with a null pointer EFAULT says that filters are known, EINVAL that they are not.
  const Result<int> asked = kernel.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0, 0, 0);
  const int error = error_of(asked);
  return {error == EFAULT ? 0 : error, {}};
}

ProbeAnswer ask_for_landlock(Kernel& kernel) {
  // landlock_restrict_self(2): ENOSYS or EOPNOTSUPP where there is none; else it looks at the descriptor, or at the caller's rights, first.
  const int error = error_of(kernel.landlock_restrict_self(-1));
  return {error == ENOSYS || error == EOPNOTSUPP ? error : 0, {}};
}

}  // namespace lxcx::core
