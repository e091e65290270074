// SPDX-License-Identifier: Apache-2.0
// A boot id of the container's own, new at every start, as under LXC. With the host's, systemd-journald and whatever else tells one boot from the
// next by /proc/sys/kernel/random/boot_id (random(4)) takes all starts since the host came up for a single one.
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>

#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"
#include "core/start/child/steps.hpp"

namespace lxcx::core {

namespace {

constexpr const char* own_file = ".lxc-boot-id";
constexpr const char* shown_at = "proc/sys/kernel/random/boot_id";

/// The file that the container will see, where it sees one: an empty fd without a procfs.
Result<UniqueFd> find_boot_id(ChildContext& context) {
  Result<UniqueFd> found = open_beneath(context.kernel, context.root.get(), shown_at, O_PATH, Links::refuse);
  if (!found) return found.error().sys_errno == ENOENT ? Result<UniqueFd>(UniqueFd()) : std::move(found);
  // An image may have a file of that name; only the kernel's is replaced.
  LXCX_TRY(status, context.kernel.fstatfs(found->get()));
  if (status.f_type != PROC_SUPER_MAGIC) return UniqueFd();
  return found;
}

Result<void> replace_boot_id(ChildContext& context) {
  Kernel& kernel = context.kernel;
  LXCX_TRY(target, find_boot_id(context));
  if (!target) return {};
  // random(4): every read of uuid gives another. The host's procfs: the container's is not trusted to be one.
  LXCX_TRY(uuid, read_file(kernel, AT_FDCWD, "/proc/sys/kernel/random/uuid", 64));
  LXCX_TRY(file, kernel.openat(context.dev.get(), own_file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0444));
  LXCX_CHECK(write_all(kernel, file.get(), uuid));
  LXCX_TRY(clone, kernel.open_tree(file.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
  mount_attr closed{};
  closed.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  LXCX_CHECK(kernel.mount_setattr(clone.get(), "", AT_EMPTY_PATH, closed));
  return kernel.move_mount(clone.get(), "", target.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

}  // namespace

Result<void> make_boot_id(ChildContext& context) {
  if (!context.dev) return {};
  // Not worth a failed start: without it the container shows the host's, as any without lxc.autodev does.
  if (const Result<void> made = replace_boot_id(context); !made)
    context.start.log().warn("no boot id of its own: " + made.error().message + ", ignoring");
  return {};
}

}  // namespace lxcx::core
