// SPDX-License-Identifier: Apache-2.0
// /dev: always a fresh tmpfs of ours when lxc.autodev is on, never the image's (invariant 3); every node is verified on an fd.
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/sysmacros.h>

#include <array>

#include "core/kernel/safe_paths.hpp"
#include "core/start/child/steps.hpp"
#include "core/start/pty.hpp"

namespace lxcx::core {

namespace {

struct Node {
  const char* name;
  unsigned major_number, minor_number;
};
constexpr std::array nodes{Node{"full", 1, 7}, Node{"null", 1, 3},    Node{"random", 1, 8},
                           Node{"tty", 5, 0},  Node{"urandom", 1, 9}, Node{"zero", 1, 5}};

struct Link {
  const char* name;
  const char* target;
};
constexpr std::array links{Link{"fd", "/proc/self/fd"}, Link{"stdin", "/proc/self/fd/0"}, Link{"stdout", "/proc/self/fd/1"},
                           Link{"stderr", "/proc/self/fd/2"}};

/// In a user namespace mknod(2) is refused, or the node is dead: the host's node is bound over a plain file instead.
Result<void> bind_host_node(ChildContext& context, const Node& node) {
  const std::string host_path = std::string("/dev/") + node.name;
  LXCX_TRY(host, context.kernel.openat(AT_FDCWD, host_path.c_str(), O_PATH | O_NOFOLLOW));
  LXCX_TRY(status, context.kernel.fstat(host.get()));
  if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(node.major_number, node.minor_number))
    return fail(Code::denied, "the host's '" + host_path + "' is not the device it is named after");
  LXCX_TRY(clone, context.kernel.open_tree(host.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
  LXCX_TRY(file, create_file_beneath(context.kernel, context.dev.get(), node.name, 0666, Links::refuse));
  return context.kernel.move_mount(clone.get(), "", file.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/// What an autodev hook made in our place must be the device it is named after: a link or another device is an attack or a mistake.
Result<void> check_node(ChildContext& context, const Node& node) {
  LXCX_TRY(found, context.kernel.openat(context.dev.get(), node.name, O_PATH | O_NOFOLLOW));
  LXCX_TRY(status, context.kernel.fstat(found.get()));
  if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(node.major_number, node.minor_number)) return {};
  return fail(Code::denied, "what stands there is not the device it is named after", "look at the hooks of lxc.hook.autodev");
}

Result<void> make_node(ChildContext& context, const Node& node) {
  if (context.config.idmap.empty()) {
    const Result<void> made = context.kernel.mknodat(context.dev.get(), node.name, S_IFCHR | 0666, makedev(node.major_number, node.minor_number));
    if (made) return context.kernel.fchmodat(context.dev.get(), node.name, 0666);
    if (made.error().sys_errno == EEXIST) return check_node(context, node);
    if (made.error().sys_errno != EPERM) return made;
  }
  return bind_host_node(context, node);
}

}  // namespace

Result<void> mount_dev(ChildContext& context) {
  if (!context.config.autodev || !context.has_own_root()) return {};
  Kernel& kernel = context.kernel;
  LXCX_TRY(fs, kernel.fsopen("tmpfs"));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_STRING, "source", "none", 0));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_STRING, "size", std::to_string(context.config.autodev_size).c_str(), 0));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_SET_STRING, "mode", "755", 0));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
  LXCX_TRY(mount, kernel.fsmount(fs.get(), 0));
  Result<UniqueFd> directory = make_directories_beneath(kernel, context.root.get(), "/dev", 0755, Links::refuse);
  if (!directory) {
    // CVE-2026-41579: an image whose /dev leads elsewhere.
    if (directory.error().sys_errno == ELOOP || directory.error().sys_errno == ENOTDIR)
      directory.error().hint = "the image's /dev must be a directory, not a link: make it one";
    return std::unexpected(std::move(directory).error());
  }
  LXCX_CHECK(kernel.move_mount(mount.get(), "", directory->get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
  context.dev = std::move(mount);
  return kernel.mkdirat(context.dev.get(), "pts", 0755);
}

Result<void> run_autodev_hooks(ChildContext& context) {
  return context.config.autodev ? run_event(context.start, LXCX_EVENT_AUTODEV) : Result<void>{};
}

Result<void> make_devices(ChildContext& context) {
  if (!context.dev) return {};
  for (const Node& node : nodes) LXCX_CHECK(doing(make_node(context, node), std::string("/dev/") + node.name));
  for (const Link& link : links) {
    const Result<void> made = context.kernel.symlinkat(link.target, context.dev.get(), link.name);
    if (!made && made.error().sys_errno != EEXIST) return made;
  }
  return {};
}

}  // namespace lxcx::core
