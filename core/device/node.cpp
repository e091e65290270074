// SPDX-License-Identifier: Apache-2.0
// The container may change its tree while this looks at it: every step is on a descriptor, no link below its root is followed, and what is made
// lands in a directory that was reached from its root.
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>

#include "core/base/text.hpp"
#include "core/device/child.hpp"
#include "core/device/device.hpp"
#include "core/kernel/safe_paths.hpp"

namespace lxcx::core {
namespace {

bool is_device(const struct stat& status) { return S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode); }
bool is_same_device(const struct stat& a, const struct stat& b) { return (a.st_mode & S_IFMT) == (b.st_mode & S_IFMT) && a.st_rdev == b.st_rdev; }

/// A node's place: its directory beneath the container's root, and its name in it.
struct Place {
  std::string directory, name;
  std::string path() const { return "/" + directory + (directory.empty() ? "" : "/") + name; }
};

Result<Place> place_of(std::string_view path) {
  LXCX_TRY(parts, split_device_path(path));
  Place place{{}, std::move(parts.back())};
  parts.pop_back();
  place.directory = join(parts, "/");
  return place;
}

/// What makes a path with a link in it be refused, in words.
template <class T>
Result<T> explain_links(Result<T> result, const Place& place) {
  if (!result && (result.error().sys_errno == ELOOP || result.error().sys_errno == ENOTDIR))
    return fail(Code::denied, "'" + place.path() + "' leads over a link inside the container, or over what is no directory",
                "no link inside a container is followed; name the place itself");
  return result;
}

/// An empty fd: nothing is there.
Result<UniqueFd> find(Kernel& kernel, const DeviceTarget& target, const Place& place) {
  Result<UniqueFd> found = open_beneath(kernel, target.facts.root.get(), place.path().c_str(), O_PATH | O_NOFOLLOW, Links::refuse);
  if (!found && found.error().sys_errno == ENOENT) return UniqueFd();
  return explain_links(std::move(found), place);
}

const UniqueFd* mount_namespace(const DeviceTarget& target) {
  const auto found = std::ranges::find(target.facts.namespaces, Namespace::mnt, &ContainerNamespace::kind);
  return found == target.facts.namespaces.end() ? nullptr : &found->fd;
}

Result<void> permit(DeviceTarget& target, const struct stat& device, bool allow) {
  if (!target.cgroups) return {};
  const std::string rule = std::string(S_ISBLK(device.st_mode) ? "b " : "c ") + std::to_string(major(device.st_rdev)) + ":" +
                           std::to_string(minor(device.st_rdev)) + " rwm";
  Result<void> written = target.cgroups->write(target.group, allow ? "devices.allow" : "devices.deny", rule);
  if (written || written.error().code == Code::not_found) return {};  // no cgroup here says anything about devices
  if (allow && written.error().sys_errno == EPERM) written.error().hint = "the cgroup above the container's does not have this device either";
  return written;
}

Result<void> make_node(Kernel& kernel, const DeviceTarget& target, const Place& place, const struct stat& device) {
  LXCX_TRY(directory, explain_links(make_directories_beneath(kernel, target.facts.root.get(), place.directory, 0755, Links::refuse), place));
  LXCX_TRY(found, kernel.fstatfs(directory.get()));
  if (found.f_flags & ST_NODEV)
    return fail(Code::unsupported, "'/" + place.directory + "' is mounted nodev inside: a node there would not work", "choose a place below /dev");
  LXCX_CHECK(kernel.mknodat(directory.get(), place.name.c_str(), device.st_mode & (S_IFMT | 0777U), device.st_rdev));
  // What mknod(2) made has the caller's umask on it. Whatever stands there by now, it is changed through its descriptor, and only if it is the node.
  LXCX_TRY(node, kernel.openat2(directory.get(), place.name.c_str(), O_PATH | O_NOFOLLOW, 0, 0));
  LXCX_TRY(made, kernel.fstat(node.get()));
  if (!is_same_device(made, device)) return fail(Code::denied, "the container replaced '" + place.path() + "' while it was made");
  return kernel.fchmodat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(node.get())).c_str(), device.st_mode & 0777U);
}

/// In a user namespace mknod(2) is refused, or gives a node that nobody can open: the host's node is bound over an empty file. The file is made
/// with the ids, and so with no more than the rights, of the container's root.
Result<void> bind_node(Kernel& kernel, const DeviceTarget& target, const Place& place, int host_node) {
  const UniqueFd* mounts = mount_namespace(target);
  LXCX_TRY(clone, kernel.open_tree(host_node, "", AT_EMPTY_PATH | OPEN_TREE_CLONE));
  const auto uid = to_host_id(target.facts.uid_map, 0), gid = to_host_id(target.facts.gid_map, 0);
  if (!uid || !gid) return fail(Code::unsupported, "the container's id map has no root", "map id 0: lxc.idmap = u 0 … and g 0 …");
  // move_mount(2) attaches to the caller's own mount namespace alone.
  return in_namespace(kernel, mounts->get(), CLONE_NEWNS, [&]() -> Result<void> {
    LXCX_CHECK(kernel.setgroups({}));
    LXCX_CHECK(kernel.setresgid(static_cast<gid_t>(-1), *gid, static_cast<gid_t>(-1)));
    LXCX_CHECK(kernel.setresuid(static_cast<uid_t>(-1), *uid, static_cast<uid_t>(-1)));
    Result<UniqueFd> file = create_file_beneath(kernel, target.facts.root.get(), place.path(), 0600, Links::refuse);
    LXCX_CHECK(kernel.setresuid(static_cast<uid_t>(-1), 0, static_cast<uid_t>(-1)));
    LXCX_TRY(over, explain_links(std::move(file), place));
    return kernel.move_mount(clone.get(), "", over.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  });
}

Result<void> make_or_bind(Kernel& kernel, const DeviceTarget& target, const Place& place, const struct stat& device, int host_node) {
  if (!target.facts.enters(Namespace::user)) {
    Result<void> made = make_node(kernel, target, place, device);
    if (made || made.error().sys_errno != EPERM) return made;
  }
  return bind_node(kernel, target, place, host_node);
}

/// Unmounts what was bound there, if anything was, and takes the name away.
Result<void> take_away(Kernel& kernel, const DeviceTarget& target, const Place& place) {
  LXCX_TRY(directory,
           explain_links(open_beneath(kernel, target.facts.root.get(), ("/" + place.directory).c_str(), O_PATH | O_DIRECTORY, Links::refuse), place));
  LXCX_CHECK(in_namespace(kernel, mount_namespace(target)->get(), CLONE_NEWNS, [&]() -> Result<void> {
    LXCX_CHECK(kernel.fchdir(directory.get()));
    // By its name alone, from the directory that was opened. EINVAL: nothing is mounted there.
    Result<void> gone = kernel.umount2(place.name.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH);
    if (!gone && gone.error().sys_errno == EINVAL) return {};
    return gone;
  }));
  return kernel.unlinkat(directory.get(), place.name.c_str(), 0);
}

Result<void> refuse_shared_root(const DeviceTarget& target) {
  if (mount_namespace(target) != nullptr) return {};
  return fail(Code::unsupported, "the container shares the host's mounts", "its devices are the host's");
}

}  // namespace

Result<std::vector<std::string>> split_device_path(std::string_view path) {
  std::vector<std::string> parts = split(path, '/');
  std::erase(parts, ".");
  if (!path.starts_with('/') || parts.empty() || path.ends_with('/') || std::ranges::find(parts, "..") != parts.end() || path.contains('\0'))
    return fail(Code::usage, "'" + std::string(path) + "' is no place for a device node", "name it by its whole path, without '..': /dev/fuse");
  return parts;
}

Result<void> add_node(Kernel& kernel, DeviceTarget& target, const std::string& source, const std::string& path) {
  LXCX_CHECK(refuse_shared_root(target));
  LXCX_TRY(place, place_of(path));
  LXCX_TRY(host_node, kernel.openat(AT_FDCWD, source.c_str(), O_PATH));
  LXCX_TRY(device, kernel.fstat(host_node.get()));
  if (!is_device(device)) return fail(Code::usage, "'" + source + "' is no device node");
  LXCX_TRY(present, find(kernel, target, place));
  if (present) {
    LXCX_TRY(there, kernel.fstat(present.get()));
    if (!is_same_device(there, device))
      return fail(Code::busy, "'" + place.path() + "' exists inside already, and is not this device", "give another place as the last word");
    return permit(target, device, true);
  }
  LXCX_CHECK(make_or_bind(kernel, target, place, device, host_node.get()));
  Result<void> permitted = permit(target, device, true);
  if (!permitted) (void)take_away(kernel, target, place);
  return permitted;
}

Result<void> remove_node(Kernel& kernel, DeviceTarget& target, const std::string& path) {
  LXCX_CHECK(refuse_shared_root(target));
  LXCX_TRY(place, place_of(path));
  LXCX_TRY(present, find(kernel, target, place));
  if (!present) return fail(Code::not_found, "there is no '" + place.path() + "' inside");
  LXCX_TRY(device, kernel.fstat(present.get()));
  if (!is_device(device)) return fail(Code::usage, "'" + place.path() + "' inside is no device node", "it stays where it is");
  present.reset();
  LXCX_CHECK(take_away(kernel, target, place));
  return permit(target, device, false);
}

}  // namespace lxcx::core
