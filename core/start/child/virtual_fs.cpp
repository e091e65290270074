// SPDX-License-Identifier: Apache-2.0
// lxc.mount.auto: proc and sys. Read-only parts are made on detached clones and then attached through fds of the very file systems mounted
// here, so that nothing the image holds is ever followed (CVE-2019-16884, CVE-2025-31133).
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>

#include "core/kernel/safe_paths.hpp"
#include "core/start/child/steps.hpp"

namespace lxcx::core {

namespace {

constexpr unsigned closed = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

enum class Superblock {
  writable,
  read_only
};

Result<UniqueFd> new_mount(Kernel& kernel, const char* type, const char* source, unsigned attributes, Superblock superblock = Superblock::writable) {
  LXCX_TRY(fs, kernel.fsopen(type));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_STRING, "source", source, 0));
  if (superblock == Superblock::read_only) LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_FLAG, "ro", nullptr, 0));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
  return kernel.fsmount(fs.get(), attributes);
}

/// Binds `path` of the mount onto itself, with those attributes. A kernel may be built without the file: then there is nothing to protect.
Result<void> rebind(Kernel& kernel, int mount_fd, const char* path, std::uint64_t set) {
  const Result<UniqueFd> found = open_beneath(kernel, mount_fd, path, O_PATH, Links::refuse);
  if (!found) return found.error().sys_errno == ENOENT ? Result<void>{} : Result<void>(std::unexpected(found.error()));
  const UniqueFd& target = *found;
  LXCX_TRY(clone, kernel.open_tree(target.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
  if (set != 0) {
    mount_attr attributes{};
    attributes.attr_set = set;
    LXCX_CHECK(kernel.mount_setattr(clone.get(), "", AT_EMPTY_PATH, attributes));
  }
  return doing(kernel.move_mount(clone.get(), "", target.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
               std::string("protect '") + path + "'");
}

/// An empty directory of the image that is no link: /proc or /sys as a symlink is an attack or a mistake.
Result<void> attach_on_directory(ChildContext& context, int mount_fd, const char* target) {
  Result<UniqueFd> directory = make_directories_beneath(context.kernel, context.root.get(), target, 0755, Links::refuse);
  if (!directory) {
    if (directory.error().sys_errno == ELOOP || directory.error().sys_errno == ENOTDIR) {
      directory.error().code = Code::denied;
      directory.error().hint = "the image's " + std::string(target) + " must be a directory, not a link: make it one";
    }
    return std::unexpected(std::move(directory).error());
  }
  return doing(context.kernel.move_mount(mount_fd, "", directory->get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
               "mount on " + inside(target));
}

bool keeps(const ContainerConfig& config, int capability) {
  if (config.cap_keep) return std::ranges::find(*config.cap_keep, capability) != config.cap_keep->end();
  return std::ranges::find(config.cap_drop, capability) == config.cap_drop.end();
}

Result<void> mount_proc(ChildContext& context) {
  const std::string& mode = context.config.auto_mounts.proc;
  if (mode.empty()) return {};
  LXCX_TRY(proc, new_mount(context.kernel, "proc", "proc", closed));
  LXCX_CHECK(attach_on_directory(context, proc.get(), "/proc"));
  context.proc = std::move(proc);
  if (mode != "mixed") return {};
  const int fd = context.proc.get();
  LXCX_CHECK(rebind(context.kernel, fd, "sys", MOUNT_ATTR_RDONLY));
  LXCX_CHECK(rebind(context.kernel, fd, "sysrq-trigger", MOUNT_ATTR_RDONLY));
  // The container's own network is its own to tune.
  const bool own_network = (context.start.state.clone_flags & CLONE_NEWNET) != 0;
  if (!own_network || !keeps(context.config, CAP_NET_ADMIN)) return {};
  LXCX_TRY(net, open_beneath(context.kernel, fd, "sys/net", O_PATH, Links::refuse));
  LXCX_TRY(clone, context.kernel.open_tree(net.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
  mount_attr writable{};
  writable.attr_clr = MOUNT_ATTR_RDONLY;
  LXCX_CHECK(context.kernel.mount_setattr(clone.get(), "", AT_EMPTY_PATH, writable));
  return context.kernel.move_mount(clone.get(), "", net.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/// A sysfs shows the network namespace it was mounted in; without a namespace of our own the kernel refuses a new one to a user namespace,
/// and the host's is bound instead (lxc/lxc#2463).
Result<UniqueFd> new_sysfs(ChildContext& context, unsigned attributes, Superblock superblock) {
  Result<UniqueFd> fresh = new_mount(context.kernel, "sysfs", "sysfs", attributes, superblock);
  if (fresh || fresh.error().sys_errno != EPERM || context.config.idmap.empty()) return fresh;
  // With all that is mounted on it: of a mount that came from another user namespace a part alone cannot be had (mount_namespaces(7), EINVAL).
  LXCX_TRY(bound, context.kernel.open_tree(AT_FDCWD, "/sys", OPEN_TREE_CLONE | AT_RECURSIVE));
  mount_attr attribute{};
  attribute.attr_set = attributes;
  LXCX_CHECK(context.kernel.mount_setattr(bound.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, attribute));
  return bound;
}

Result<void> mount_sys(ChildContext& context) {
  const std::string& mode = context.config.auto_mounts.sys;
  if (mode.empty()) return {};
  const bool is_read_only = mode != "rw";
  // sys:ro: the file system itself, not this mount of it alone, so that a second mount made inside is read-only as well. One that is shared with
  // the host, without a network namespace, the kernel leaves as it is.
  LXCX_TRY(sys, new_sysfs(context, closed | (is_read_only ? MOUNT_ATTR_RDONLY : 0U), mode == "ro" ? Superblock::read_only : Superblock::writable));
  LXCX_CHECK(attach_on_directory(context, sys.get(), "/sys"));
  context.sys = std::move(sys);
  const bool own_network = (context.start.state.clone_flags & CLONE_NEWNET) != 0;
  if (mode != "mixed" || !own_network || !keeps(context.config, CAP_NET_ADMIN)) return {};
  Result<UniqueFd> net = open_beneath(context.kernel, context.sys.get(), "devices/virtual/net", O_PATH, Links::refuse);
  if (!net) return {};
  LXCX_TRY(clone, context.kernel.open_tree(net->get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
  mount_attr writable{};
  writable.attr_clr = MOUNT_ATTR_RDONLY;
  LXCX_CHECK(context.kernel.mount_setattr(clone.get(), "", AT_EMPTY_PATH, writable));
  return context.kernel.move_mount(clone.get(), "", net->get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/// sysctl(8) keys are files: of the kernel, or of a namespace of it.
std::string_view hint_for_sysctl(int sys_errno) {
  switch (sys_errno) {
    case ENOENT: return "this kernel has no such key, or not for a container: `sysctl -a` inside lists those that there are";
    case EINVAL:
    case ERANGE: return "the kernel takes no such value for it: sysctl(8), proc(5)";
    case EPERM:
    case EACCES:
    case EROFS: return "it is the host's, not a namespace's of the container: set it on the host, or take it out";
    default: return {};
  }
}

}  // namespace

Result<void> mount_proc_and_sys(ChildContext& context) {
  LXCX_CHECK(mount_proc(context));
  return mount_sys(context);
}

Result<void> write_sysctls(ChildContext& context) {
  if (context.config.sysctls.empty()) return {};
  // A private procfs, never the one the container sees (CVE-2025-52881).
  LXCX_TRY(proc, new_mount(context.kernel, "proc", "proc", closed));
  for (const Setting& setting : context.config.sysctls) {
    std::string path = "sys/" + setting.key;
    std::ranges::replace(path, '.', '/');
    Result<void> done = write_proc(context.kernel, proc.get(), path.c_str(), setting.value);
    if (done) continue;
    done.error().where = setting.where;
    const std::string_view hint = hint_for_sysctl(done.error().sys_errno);
    return doing(hinting(std::move(done), hint), "lxc.sysctl." + setting.key);
  }
  return {};
}

}  // namespace lxcx::core
