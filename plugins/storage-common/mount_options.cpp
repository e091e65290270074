// SPDX-License-Identifier: Apache-2.0
#include "storage-common/mount_options.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>

#include <algorithm>
#include <array>

#include "lxcx/mount_words.hpp"
#include "storage-common/os_error.hpp"
#include "storage-common/user_namespace.hpp"

namespace lxcx::storage {
namespace {

constexpr std::array<std::string_view, 8> superblock_words{"sync", "async", "dirsync", "mand", "nomand", "lazytime", "nolazytime", "silent"};

Result<void> add_word(MountOptions& options, std::string_view word) {
  if (take_mount_attribute(word, options.set, options.clear)) return {};
  if (const MountPropagation* found = find_mount_propagation(word)) {
    options.propagation = found->flag;
    return {};
  }
  const std::string quoted = "lxc.rootfs.options: '" + std::string(word) + "'";
  if (word == "bind" || word == "rbind") {
    options.recursive = word == "rbind";
  } else if (word.starts_with("idmap=")) {
    options.idmap = word.substr(6);
    if (options.idmap != "container" && !options.idmap.starts_with('/'))
      return fail(Code::config, quoted + " names no user namespace", "write idmap=container, or idmap=/proc/PID/ns/user");
  } else if (word.starts_with("create=") || word == "optional" || word == "relative") {
    return fail(Code::config, quoted + " is an option of lxc.mount.entry; a root file system has no such thing", "remove it");
  } else if (word == "remount") {
    return fail(Code::config, quoted + ": a root file system is mounted anew at each start", "remove it");
  } else if (std::ranges::find(superblock_words, word) != superblock_words.end()) {
    options.superblock.emplace_back(word);
  } else {
    options.rest.emplace_back(word);
  }
  return {};
}

Result<void> set_attributes(int mount_fd, unsigned flags, mount_attr attributes_to_set, const std::string& what, const std::string& hint = {}) {
  if (::mount_setattr(mount_fd, "", AT_EMPTY_PATH | flags, &attributes_to_set, sizeof attributes_to_set) == 0) return {};
  return os_error(errno, "cannot " + what + " of the root file system (mount_setattr)", hint);
}

}  // namespace

Result<MountOptions> parse_mount_options(std::string_view text) {
  MountOptions options;
  while (!text.empty()) {
    const auto comma = text.find(',');
    std::string_view word = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    while (word.starts_with(' ') || word.starts_with('\t')) word.remove_prefix(1);
    while (word.ends_with(' ') || word.ends_with('\t')) word.remove_suffix(1);
    if (!word.empty()) LXCX_CHECK(add_word(options, word));
  }
  return options;
}

Result<void> apply_mount_options(int mount_fd, const MountOptions& options, std::span<const IdMap> map) {
  // A clone of a shared mount is in its peer group: leave that first, whatever is asked (mount_namespaces(7)).
  const bool leaves_for_good = options.propagation == MS_PRIVATE || options.propagation == MS_UNBINDABLE;
  const std::uint64_t first = leaves_for_good ? options.propagation : std::uint64_t{MS_SLAVE};
  LXCX_CHECK(set_attributes(mount_fd, AT_RECURSIVE, {0, 0, first, 0}, "set the propagation"));
  if (options.propagation == MS_SHARED) LXCX_CHECK(set_attributes(mount_fd, AT_RECURSIVE, {0, 0, MS_SHARED, 0}, "set the propagation"));
  if (!options.idmap.empty()) LXCX_CHECK(apply_idmap(mount_fd, options.idmap, map));
  if (options.set != 0 || options.clear != 0) LXCX_CHECK(set_attributes(mount_fd, 0, {options.set, options.clear, 0, 0}, "set the options"));
  return {};
}

Result<void> apply_idmap(int mount_fd, const std::string& idmap, std::span<const IdMap> map) {
  const bool own = idmap == "container";
  if (own && map.empty()) return fail(Code::config, "lxc.rootfs.options: 'idmap=container', but the container has no id map", "add lxc.idmap lines");
  LXCX_TRY(user_namespace, own ? make_user_namespace(map) : open_user_namespace(idmap));
  return set_attributes(mount_fd, AT_RECURSIVE, {MOUNT_ATTR_IDMAP, 0, 0, static_cast<__u64>(user_namespace.get())}, "map the ids",
                        "the file system, and every one mounted in it, must support id-mapped mounts (see mount_setattr(2)); "
                        "without idmap= its files must belong to the mapped ids");
}

}  // namespace lxcx::storage
