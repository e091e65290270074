// SPDX-License-Identifier: Apache-2.0
// /dev/pts, /dev/console and /dev/ttyN.
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <termios.h>

#include "core/kernel/safe_paths.hpp"
#include "core/start/child/steps.hpp"
#include "core/start/pty.hpp"

namespace lxcx::core {

namespace {

constexpr std::string_view tty_gid = "5";  // "tty" in every distribution; inside, so it is mapped like any other

/// The directory that holds console and ttys: /dev, or /dev/DIR of lxc.tty.dir.
std::string terminal_path(const ContainerConfig& config, const std::string& name) {
  return config.tty_directory.empty() ? "dev/" + name : "dev/" + config.tty_directory + "/" + name;
}

/// Binds a pty's slave, found as `source` beneath `source_root`, on a file of the container; refuses when it is not that very slave.
Result<void> bind_slave(ChildContext& context, int slave, int source_root, const std::string& source, const std::string& target) {
  Kernel& kernel = context.kernel;
  LXCX_TRY(found, kernel.openat(source_root, source.c_str(), O_PATH | O_NOFOLLOW));
  LXCX_TRY(wanted, kernel.fstat(slave));
  LXCX_TRY(got, kernel.fstat(found.get()));
  if (wanted.st_rdev != got.st_rdev || wanted.st_ino != got.st_ino || wanted.st_dev != got.st_dev)
    return fail(Code::denied, "'" + source + "' is not the pseudo-terminal that was allocated");
  LXCX_TRY(clone, kernel.open_tree(found.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
  LXCX_TRY(file, create_file_beneath(kernel, context.root.get(), target, 0620, Links::refuse));
  return doing(kernel.move_mount(clone.get(), "", file.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH), "mount on " + inside(target));
}

/// With lxc.tty.dir the terminal lies in /dev/DIR; /dev/ttyN becomes a link to it, /dev/console a second mount.
Result<void> publish(ChildContext& context, int slave, int source_root, const std::string& source, const std::string& name) {
  LXCX_CHECK(bind_slave(context, slave, source_root, source, terminal_path(context.config, name)));
  if (context.config.tty_directory.empty()) return {};
  if (name == "console") return bind_slave(context, slave, source_root, source, "dev/console");
  LXCX_TRY(dev, open_beneath(context.kernel, context.root.get(), "dev", O_PATH | O_DIRECTORY, Links::refuse));
  Result<void> linked = context.kernel.symlinkat((context.config.tty_directory + "/" + name).c_str(), dev.get(), name.c_str());
  if (!linked && linked.error().sys_errno == EEXIST) return {};
  return linked;
}

Result<void> make_console(ChildContext& context, std::vector<UniqueFd>& masters, bool& has_console) {
  Terminals& terminals = context.start.terminals;
  if (context.config.console_path == "none") return {};
  if (!console_is_inside(context.config)) {
    LXCX_CHECK(publish(context, terminals.console_slave.get(), AT_FDCWD, terminals.console_slave_path, "console"));
    context.console = std::move(terminals.console_slave);
    return {};
  }
  LXCX_TRY(pty, open_pty(context.kernel, context.devpts.get()));
  LXCX_CHECK(context.kernel.fchmod(pty.slave.get(), 0620));
  LXCX_CHECK(publish(context, pty.slave.get(), context.devpts.get(), std::to_string(pty.number), "console"));
  context.console = std::move(pty.slave);
  masters.push_back(std::move(pty.master));
  has_console = true;
  return {};
}

Result<void> make_ttys(ChildContext& context, std::vector<UniqueFd>& masters) {
  for (unsigned i = 1; i <= context.config.tty_max; ++i) {
    LXCX_TRY(pty, open_pty(context.kernel, context.devpts.get()));
    if (!context.start.request.execute)
      LXCX_CHECK(publish(context, pty.slave.get(), context.devpts.get(), std::to_string(pty.number), "tty" + std::to_string(i)));
    context.tty_names.push_back("pts/" + std::to_string(pty.number));
    masters.push_back(std::move(pty.master));
  }
  return {};
}

/// Before Linux 6.15 open_tree(2) copies nothing out of a mount that stands nowhere. For as long as it takes, the devpts covers the root file system
/// where that is mounted: by path alone, and nothing looks there meanwhile.
Result<void> show_devpts(ChildContext& context) {
  const std::string place = context.start.rootfs_mount_point();
  return context.kernel.move_mount(context.devpts.get(), "", AT_FDCWD, place.c_str(), MOVE_MOUNT_F_EMPTY_PATH);
}

Result<void> hide_devpts(ChildContext& context) { return context.kernel.umount2(context.start.rootfs_mount_point().c_str(), MNT_DETACH); }

}  // namespace

Result<void> mount_devpts(ChildContext& context) {
  const ContainerConfig& config = context.config;
  if (!context.has_own_root() || config.pty_max + config.tty_max == 0) return {};
  Kernel& kernel = context.kernel;
  LXCX_TRY(fs, kernel.fsopen("devpts"));
  const auto set = [&](const char* key, std::string_view value) {
    return kernel.fsconfig(fs.get(), FSCONFIG_SET_STRING, key, std::string(value).c_str(), 0);
  };
  LXCX_CHECK(set("source", "devpts"));
  LXCX_CHECK(set("mode", "0620"));
  LXCX_CHECK(set("ptmxmode", "0666"));
  LXCX_CHECK(set("max", std::to_string(config.pty_max + config.tty_max)));
  if (mapped_gid(config, 5) != static_cast<gid_t>(-1)) LXCX_CHECK(set("gid", tty_gid));
  LXCX_CHECK(kernel.fsconfig(fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
  LXCX_TRY(mount, kernel.fsmount(fs.get(), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
  context.devpts = std::move(mount);
  // lxc.pty.max = 0: only the ttys' own pseudo-terminals, which need no visible devpts.
  if (config.pty_max == 0) return {};
  LXCX_TRY(directory, make_directories_beneath(kernel, context.root.get(), "dev/pts", 0755, Links::refuse));
  LXCX_CHECK(kernel.move_mount(context.devpts.get(), "", directory.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
  LXCX_TRY(ptmx, open_beneath(kernel, context.devpts.get(), "ptmx", O_PATH, Links::refuse));
  LXCX_TRY(clone, kernel.open_tree(ptmx.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
  LXCX_TRY(file, create_file_beneath(kernel, context.root.get(), "dev/ptmx", 0666, Links::refuse));
  return doing(kernel.move_mount(clone.get(), "", file.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
               "mount on " + inside("/dev/ptmx"));
}

Result<void> make_terminals(ChildContext& context) {
  if (!context.has_own_root()) return {};
  std::vector<UniqueFd> masters;
  bool has_console = false;
  const bool is_hidden = context.devpts && context.config.pty_max == 0;
  if (is_hidden) LXCX_CHECK(show_devpts(context));
  LXCX_CHECK(make_console(context, masters, has_console));
  LXCX_CHECK(make_ttys(context, masters));
  if (is_hidden) LXCX_CHECK(hide_devpts(context));
  // One message carries at most 16 fds (kernel.hpp).
  for (std::size_t first = 0; first < masters.size(); first += 16) {
    std::vector<int> fds;
    for (std::size_t i = first; i < std::min(first + 16, masters.size()); ++i) fds.push_back(masters[i].get());
    LXCX_CHECK(send_frame(context.kernel, context.sync.get(), Frame::terminals, has_console && first == 0 ? "console" : "", fds));
  }
  return {};
}

}  // namespace lxcx::core
