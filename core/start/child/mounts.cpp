// SPDX-License-Identifier: Apache-2.0
// lxc.mount.fstab and lxc.mount.entry. Sources are the host's (or, with `relative`, the container's); targets are walked beneath the container's
// root by openat2(2), so that no link in the image leads a mount out of it (CVE-2015-1335).
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "core/base/error_frame.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"
#include "core/start/child/mount_options.hpp"
#include "core/start/child/steps.hpp"

namespace lxcx::core {

namespace {

constexpr std::size_t largest_fstab = 1 << 20;

/// Where an entry goes, below the root; nothing when an absolute target lies outside the container (LXC ignores it, with a warning).
std::optional<std::string> target_below_root(const ChildContext& context, const MountEntry& entry) {
  if (!context.has_own_root() || !entry.target.starts_with('/')) return entry.target;
  const std::string own = context.start.paths.directory() + "/rootfs";
  for (const std::string& prefix : {own, context.start.rootfs_path, context.start.plugins.storage_source, context.start.rootfs_mount_point()}) {
    if (prefix.empty() || !entry.target.starts_with(prefix)) continue;
    const std::string rest = entry.target.substr(prefix.size());
    if (rest.empty() || rest[0] == '/') return rest.empty() ? "/" : rest;
  }
  return std::nullopt;
}

Result<UniqueFd> bind_source(ChildContext& context, const MountEntry& entry, const MountOptions& options) {
  const unsigned recursive = options.is_recursive ? AT_RECURSIVE : 0U;
  if (options.is_relative) {
    LXCX_TRY(source, open_beneath(context.kernel, context.root.get(), entry.source.c_str(), O_PATH));
    return context.kernel.open_tree(source.get(), "", AT_EMPTY_PATH | OPEN_TREE_CLONE | recursive);
  }
  Result<UniqueFd> tree = context.kernel.open_tree(AT_FDCWD, entry.source.c_str(), OPEN_TREE_CLONE | recursive);
  if (!tree && tree.error().sys_errno == ENOENT) {
    tree.error().message = "the host has no '" + entry.source + "' to bind";
    tree.error().hint = "create it, or add the option 'optional'";
  }
  return tree;
}

Result<void> configure(Kernel& kernel, int fs, const std::string& key, const std::string& value) {
  if (value.empty()) return kernel.fsconfig(fs, FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0);
  return kernel.fsconfig(fs, FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0);
}

/// fsopen(2), ENODEV: mostly a bind mount whose option is missing or misspelt, as no file system is called "none".
Error no_such_type(const MountEntry& entry, const MountOptions& options, Error error) {
  if (error.sys_errno != ENODEV) return error;
  error.hint = "/proc/filesystems has those of this kernel; others may need a module: modprobe " + entry.type;
  if (entry.type != "none") return error;
  error.code = Code::config;
  error.sys_errno = 0;
  error.message = "it names no file system, and has no option 'bind'";
  if (!options.data.empty()) error.message += "; '" + options.data.front().first + "' is no option";
  error.hint = "write 'bind' to bind a file or directory; else name the file system in the place of 'none'";
  return error;
}

Result<UniqueFd> new_file_system(ChildContext& context, const MountEntry& entry, const MountOptions& options) {
  Result<UniqueFd> fs = context.kernel.fsopen(entry.type.c_str());
  if (!fs) return std::unexpected(no_such_type(entry, options, std::move(fs).error()));
  LXCX_CHECK(context.kernel.fsconfig(fs->get(), FSCONFIG_SET_STRING, "source", entry.source.c_str(), 0));
  if ((options.attributes_set & MOUNT_ATTR_RDONLY) != 0) LXCX_CHECK(context.kernel.fsconfig(fs->get(), FSCONFIG_SET_FLAG, "ro", nullptr, 0));
  for (const auto& [key, value] : options.data) {
    // An overlay's layers that the configuration asks to create.
    if (options.create == MountOptions::Create::directory && entry.type == "overlay" && (key == "upperdir" || key == "workdir"))
      LXCX_CHECK(make_directories(context.kernel, value, 0755));
    LXCX_CHECK(configure(context.kernel, fs->get(), key, value));
  }
  LXCX_CHECK(context.kernel.fsconfig(fs->get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
  return context.kernel.fsmount(fs->get(), static_cast<unsigned>(options.attributes_set));
}

/// In a user namespace the flags of a source mount are locked: what cannot be cleared stays (mount_setattr(2), EPERM).
Result<void> set_attributes(ChildContext& context, int mount_fd, const MountOptions& options, unsigned flags) {
  if (options.attributes_set == 0 && options.attributes_clear == 0) return {};
  mount_attr attributes{};
  attributes.attr_set = options.attributes_set;
  attributes.attr_clr = options.attributes_clear;
  Result<void> done = context.kernel.mount_setattr(mount_fd, "", AT_EMPTY_PATH | flags, attributes);
  if (done || done.error().sys_errno != EPERM || options.attributes_clear == 0) return done;
  attributes.attr_clr = (options.attributes_set & MOUNT_ATTR__ATIME) != 0 ? static_cast<unsigned long long>(MOUNT_ATTR__ATIME) : 0;
  if (attributes.attr_set == 0) return {};
  return context.kernel.mount_setattr(mount_fd, "", AT_EMPTY_PATH | flags, attributes);
}

/// The parent does it, which still has the host's power.
Result<void> map_mount_ids(ChildContext& context, int mount_fd, const MountOptions& options) {
  if (options.idmap.empty()) return {};
  LXCX_CHECK(send_frame(context.kernel, context.sync.get(), Frame::map_mount, options.idmap, std::span(&mount_fd, 1)));
  LXCX_TRY(answer, receive_frame(context.kernel, context.sync.get()));
  if (answer.frame == Frame::mapped) return {};
  if (answer.frame == Frame::error) return doing(Result<void>(std::unexpected(unpack_error(answer.payload))), "map its ids");
  return fail(Code::internal, "the parent sent another frame than 'mapped'");
}

Result<UniqueFd> prepare_target(ChildContext& context, const std::string& target, const MountOptions& options) {
  if (options.create == MountOptions::Create::directory) return make_directories_beneath(context.kernel, context.root.get(), target, 0755);
  if (options.create == MountOptions::Create::file) return create_file_beneath(context.kernel, context.root.get(), target, 0);
  Result<UniqueFd> fd = open_beneath(context.kernel, context.root.get(), target.c_str(), O_PATH);
  if (!fd && fd.error().sys_errno == ENOENT) {
    fd.error().message = inside(target) + " does not exist";
    fd.error().hint = "create it in the image, or add the option create=dir or create=file";
  }
  return fd;
}

Result<void> set_propagation(ChildContext& context, int mount_fd, const MountOptions& options) {
  if (options.propagation == 0) return {};
  mount_attr attributes{};
  attributes.propagation = options.propagation;
  return context.kernel.mount_setattr(mount_fd, "", AT_EMPTY_PATH | (options.propagation_recursive ? AT_RECURSIVE : 0U), attributes);
}

Result<void> mount_one(ChildContext& context, const MountEntry& entry, const MountOptions& options, const std::string& target) {
  LXCX_TRY(point, prepare_target(context, target, options));
  if (options.is_remount && !options.is_bind) return set_attributes(context, point.get(), options, 0);
  Result<UniqueFd> mount = options.is_bind ? bind_source(context, entry, options) : new_file_system(context, entry, options);
  if (!mount) return std::unexpected(std::move(mount).error());
  if (options.is_bind) LXCX_CHECK(set_attributes(context, mount->get(), options, 0));
  LXCX_CHECK(map_mount_ids(context, mount->get(), options));
  LXCX_CHECK(context.kernel.move_mount(mount->get(), "", point.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
  return set_propagation(context, mount->get(), options);
}

Result<void> mount_entry(ChildContext& context, const MountEntry& entry) {
  const auto located = [&](Result<void> result) {
    if (!result && !result.error().where) result.error().where = entry.where;
    return doing(std::move(result), "mount '" + entry.source + "' on " + inside(entry.target));
  };
  const std::optional<std::string> target = target_below_root(context, entry);
  if (!target) {
    context.start.log().warn("the mount target '" + entry.target + "' lies outside the container's root, ignoring");
    return {};
  }
  Result<MountOptions> options = sort_mount_options(entry.options);
  if (!options) return located(std::unexpected(std::move(options).error()));
  if (options->is_bind && !options->data.empty())
    return located(fail(Code::config, "'" + options->data.front().first + "' is no option of a bind mount",
                        "it takes ro, nosuid, nodev, noexec, noatime, …, create=, optional, relative, idmap= and propagation, such as rslave"));
  Result<void> mounted = mount_one(context, entry, *options, *target);
  if (!mounted && options->is_optional) {
    context.start.log().info("the optional mount '" + entry.source + "' on '" + entry.target + "' is left out: " + mounted.error().message);
    return {};
  }
  return located(std::move(mounted));
}

/// Where mounts reach the running container by propagation: a slave of the host's directory, so that nothing goes the other way.
Result<void> mount_shmounts(ChildContext& context) {
  const AutoMounts& mounts = context.config.auto_mounts;
  if (mounts.shmounts_host.empty()) return {};
  const auto line = std::ranges::find_if(context.config.settings, [&](const Setting& setting) {
    return setting.key == "lxc.mount.auto" && setting.value.contains("shmounts:" + mounts.shmounts_host);
  });
  return mount_entry(context,
                     {mounts.shmounts_host,
                      mounts.shmounts_container.substr(std::min(mounts.shmounts_container.find_first_not_of('/'), mounts.shmounts_container.size())),
                      "none",
                      {"rbind", "rslave", "create=dir"},
                      line != context.config.settings.end() ? line->where : Location{}});
}

Result<std::vector<MountEntry>> read_fstab(ChildContext& context) {
  if (context.config.fstab.empty()) return std::vector<MountEntry>{};
  Result<std::string> text = read_file(context.kernel, AT_FDCWD, context.config.fstab.c_str(), largest_fstab);
  if (!text) {
    text.error().where = context.config.fstab_where;
    return std::unexpected(std::move(text).error());
  }
  return parse_fstab(*text, context.config.fstab);
}

/// lxc.apparmor.allow_nesting: a whole /proc and /sys for nested user namespaces, which may mount their own only where one is fully visible
/// (kernel: mount_too_revealing()).
bool wants_nesting(const ContainerConfig& config) {
  return !config.mounts.empty() &&
         std::ranges::any_of(config.plugin_settings, [](const Setting& s) { return s.key == "lxc.apparmor.allow_nesting" && s.value == "1"; });
}

}  // namespace

Result<void> mount_entries(ChildContext& context) {
  LXCX_CHECK(mount_shmounts(context));
  LXCX_TRY(from_fstab, doing(read_fstab(context), "lxc.mount.fstab"));
  for (const MountEntry& entry : from_fstab) LXCX_CHECK(mount_entry(context, entry));
  for (const MountEntry& entry : context.config.mounts) LXCX_CHECK(mount_entry(context, entry));
  if (!wants_nesting(context.config)) return {};
  LXCX_CHECK(mount_entry(context, {"proc", "dev/.lxc/proc", "proc", {"create=dir", "optional"}, {}}));
  return mount_entry(context, {"sys", "dev/.lxc/sys", "sysfs", {"create=dir", "optional"}, {}});
}

}  // namespace lxcx::core
