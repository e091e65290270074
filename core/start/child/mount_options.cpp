// SPDX-License-Identifier: Apache-2.0
#include "core/start/child/mount_options.hpp"

#include <linux/mount.h>
#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace lxcx::core {

namespace {

struct AttributeWord {
  std::string_view word;
  std::uint64_t set, clear;
};
// Times are a field of their own in mount_setattr(2): setting one needs MOUNT_ATTR__ATIME cleared.
constexpr std::array attribute_words{
    AttributeWord{"ro", MOUNT_ATTR_RDONLY, 0},
    AttributeWord{"rw", 0, MOUNT_ATTR_RDONLY},
    AttributeWord{"nosuid", MOUNT_ATTR_NOSUID, 0},
    AttributeWord{"suid", 0, MOUNT_ATTR_NOSUID},
    AttributeWord{"nodev", MOUNT_ATTR_NODEV, 0},
    AttributeWord{"dev", 0, MOUNT_ATTR_NODEV},
    AttributeWord{"noexec", MOUNT_ATTR_NOEXEC, 0},
    AttributeWord{"exec", 0, MOUNT_ATTR_NOEXEC},
    AttributeWord{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    AttributeWord{"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    AttributeWord{"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    AttributeWord{"norelatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    AttributeWord{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    AttributeWord{"nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    AttributeWord{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    AttributeWord{"diratime", 0, MOUNT_ATTR_NODIRATIME},
    AttributeWord{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    AttributeWord{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
};

struct PropagationWord {
  std::string_view word;
  std::uint64_t type;
  bool recursive;
};
constexpr std::array propagation_words{
    PropagationWord{"private", MS_PRIVATE, false},       PropagationWord{"rprivate", MS_PRIVATE, true},
    PropagationWord{"shared", MS_SHARED, false},         PropagationWord{"rshared", MS_SHARED, true},
    PropagationWord{"slave", MS_SLAVE, false},           PropagationWord{"rslave", MS_SLAVE, true},
    PropagationWord{"unbindable", MS_UNBINDABLE, false}, PropagationWord{"runbindable", MS_UNBINDABLE, true},
};

/// Words that mount(8) itself reads, or that say the default.
constexpr std::array<std::string_view, 10> ignored_words{"defaults", "async",  "nomand", "auto",    "noauto",
                                                         "user",     "nouser", "nofail", "_netdev", "loop"};

bool take_attribute(const std::string& word, MountOptions& options) {
  const auto found = std::ranges::find(attribute_words, std::string_view(word), &AttributeWord::word);
  if (found == attribute_words.end()) return false;
  // The last word wins, as in mount(8).
  options.attributes_set = (options.attributes_set & ~(found->clear | found->set)) | found->set;
  options.attributes_clear = (options.attributes_clear & ~found->set) | found->clear;
  return true;
}

bool take_propagation(const std::string& word, MountOptions& options) {
  const auto found = std::ranges::find(propagation_words, std::string_view(word), &PropagationWord::word);
  if (found == propagation_words.end()) return false;
  options.propagation = found->type;
  options.propagation_recursive = found->recursive;
  return true;
}

Result<bool> take_own(const std::string& word, MountOptions& options) {
  if (word == "bind" || word == "rbind") {
    options.is_bind = true;
    options.is_recursive = word == "rbind";
  } else if (word == "remount") {
    options.is_remount = true;
  } else if (word == "optional") {
    options.is_optional = true;
  } else if (word == "relative") {
    options.is_relative = true;
  } else if (word == "create=dir") {
    options.create = MountOptions::Create::directory;
  } else if (word == "create=file") {
    options.create = MountOptions::Create::file;
  } else if (word.starts_with("create=")) {
    return fail(Code::config, "'" + word + "' is no mount option", "write create=dir or create=file");
  } else if (word.starts_with("idmap=")) {
    options.idmap = word.substr(6);
    if (options.idmap.empty()) return fail(Code::config, "'idmap=' names no mapping", "write idmap=container, or idmap=/proc/PID/ns/user");
  } else {
    return false;
  }
  return true;
}

}  // namespace

Result<MountOptions> sort_mount_options(const std::vector<std::string>& words) {
  MountOptions options;
  for (const std::string& word : words) {
    if (word.empty() || std::ranges::find(ignored_words, std::string_view(word)) != ignored_words.end()) continue;
    LXCX_TRY(is_own, take_own(word, options));
    if (is_own || take_attribute(word, options) || take_propagation(word, options)) continue;
    const std::size_t equals = word.find('=');
    options.data.emplace_back(word.substr(0, equals), equals == std::string::npos ? "" : word.substr(equals + 1));
  }
  return options;
}

}  // namespace lxcx::core
