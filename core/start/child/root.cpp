// SPDX-License-Identifier: Apache-2.0
// The container's root: mounted, filled by the other files of this folder, and pivoted into.
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "core/kernel/safe_paths.hpp"
#include "core/start/child/steps.hpp"

namespace lxcx::core {

std::string inside(std::string_view target) {
  return "the container's '" + std::string(target.starts_with('/') ? "" : "/") + std::string(target) + "'";
}

Result<void> attach_at(ChildContext& context, int mount_fd, const char* target) {
  LXCX_TRY(fd, doing(open_beneath(context.kernel, context.root.get(), target, O_PATH), "find " + inside(target)));
  return doing(context.kernel.move_mount(mount_fd, "", fd.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
               "mount on " + inside(target));
}

// What is mounted from here on stays in this namespace; what the host mounts later still arrives (rslave), as under LXC.
Result<void> make_mounts_private(ChildContext& context) {
  if ((context.start.state.clone_flags & CLONE_NEWNS) == 0) return {};
  return context.kernel.mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr);
}

Result<void> run_pre_mount_hooks(ChildContext& context) { return run_event(context.start, LXCX_EVENT_PRE_MOUNT); }
Result<void> run_mount_hooks(ChildContext& context) { return run_event(context.start, LXCX_EVENT_MOUNT); }

// A hook here is the image's program, and this process still lxcx with the caller's memory: nobody inside may look into it. Only a container's root
// with CAP_SYS_PTRACE on the host, so one without a user namespace, still may (ptrace(2)).
Result<void> run_start_hooks(ChildContext& context) {
  if (!has_listener(context.start, LXCX_EVENT_START)) return {};
  LXCX_CHECK(context.kernel.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
  return run_event(context.start, LXCX_EVENT_START);
}

Result<void> mount_root(ChildContext& context) {
  if (!context.has_own_root()) {
    LXCX_TRY(root, context.kernel.openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
    context.root = std::move(root);
    return {};
  }
  const std::string where = context.start.rootfs_mount_point();
  LXCX_TRY(point, context.kernel.openat(AT_FDCWD, where.c_str(), O_PATH | O_DIRECTORY));
  LXCX_CHECK(context.kernel.move_mount(context.start.rootfs_mount.get(), "", point.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
  // The mount fd's own root is the mount; `point` is still the directory below it.
  context.root = std::move(context.start.rootfs_mount);
  return {};
}

// pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one and is detached; no directory of the image is touched.
Result<void> pivot_into_root(ChildContext& context) {
  if (!context.has_own_root()) return {};
  Kernel& kernel = context.kernel;
  LXCX_CHECK(kernel.fchdir(context.root.get()));
  LXCX_CHECK(kernel.pivot_root(".", "."));
  LXCX_CHECK(kernel.umount2(".", MNT_DETACH));
  LXCX_CHECK(kernel.chdir("/"));
  // systemd and nested runtimes expect a shared root; it is a new peer group, so nothing reaches the host.
  return kernel.mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr);
}

}  // namespace lxcx::core
