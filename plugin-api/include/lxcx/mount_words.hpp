// SPDX-License-Identifier: Apache-2.0
// mount(8)'s words for what mount_setattr(2) takes, for storage plugins. Optional: nothing of the boundary uses it.
#pragma once
#include <linux/mount.h>
#include <sys/mount.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace lxcx {

struct MountAttribute {
  std::string_view word;
  std::uint64_t set, clear;  ///< MOUNT_ATTR_*
};
/// Times are a field of their own: setting one needs MOUNT_ATTR__ATIME cleared. Without a word of them the kernel's way is relatime (mount(2)).
inline constexpr std::array mount_attributes{
    MountAttribute{"defaults", 0, 0},
    MountAttribute{"ro", MOUNT_ATTR_RDONLY, 0},
    MountAttribute{"rw", 0, MOUNT_ATTR_RDONLY},
    MountAttribute{"nosuid", MOUNT_ATTR_NOSUID, 0},
    MountAttribute{"suid", 0, MOUNT_ATTR_NOSUID},
    MountAttribute{"nodev", MOUNT_ATTR_NODEV, 0},
    MountAttribute{"dev", 0, MOUNT_ATTR_NODEV},
    MountAttribute{"noexec", MOUNT_ATTR_NOEXEC, 0},
    MountAttribute{"exec", 0, MOUNT_ATTR_NOEXEC},
    MountAttribute{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    MountAttribute{"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    MountAttribute{"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    MountAttribute{"norelatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    MountAttribute{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    MountAttribute{"nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    MountAttribute{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    MountAttribute{"diratime", 0, MOUNT_ATTR_NODIRATIME},
    MountAttribute{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    MountAttribute{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
};

struct MountPropagation {
  std::string_view word;
  std::uint64_t flag;  ///< MS_PRIVATE, MS_SHARED, MS_SLAVE or MS_UNBINDABLE
  bool is_recursive;
};
inline constexpr std::array mount_propagations{
    MountPropagation{"private", MS_PRIVATE, false},       MountPropagation{"rprivate", MS_PRIVATE, true},
    MountPropagation{"shared", MS_SHARED, false},         MountPropagation{"rshared", MS_SHARED, true},
    MountPropagation{"slave", MS_SLAVE, false},           MountPropagation{"rslave", MS_SLAVE, true},
    MountPropagation{"unbindable", MS_UNBINDABLE, false}, MountPropagation{"runbindable", MS_UNBINDABLE, true},
};

/// Adds an attribute's word to what is to be set and cleared; the last word wins, as in mount(8). False: it is none.
inline bool take_mount_attribute(std::string_view word, std::uint64_t& set, std::uint64_t& clear) {
  for (const MountAttribute& each : mount_attributes) {
    if (each.word != word) continue;
    set = (set & ~each.clear) | each.set;
    clear = (clear & ~each.set) | each.clear;
    return true;
  }
  return false;
}

/// The propagation of that name; null: it is none.
inline const MountPropagation* find_mount_propagation(std::string_view word) {
  for (const MountPropagation& each : mount_propagations)
    if (each.word == word) return &each;
  return nullptr;
}

}  // namespace lxcx
