// SPDX-License-Identifier: Apache-2.0
#include "core/start/child/mount_options.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "lxcx/mount_words.hpp"

namespace lxcx::core {

namespace {

/// Words that mount(8) itself reads, or that say the default.
constexpr std::array<std::string_view, 9> ignored_words{"async", "nomand", "auto", "noauto", "user", "nouser", "nofail", "_netdev", "loop"};

bool take_propagation(const std::string& word, MountOptions& options) {
  const MountPropagation* found = find_mount_propagation(word);
  if (found == nullptr) return false;
  options.propagation = found->flag;
  options.propagation_recursive = found->is_recursive;
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
    if (is_own || take_mount_attribute(word, options.attributes_set, options.attributes_clear) || take_propagation(word, options)) continue;
    const std::size_t equals = word.find('=');
    options.data.emplace_back(word.substr(0, equals), equals == std::string::npos ? "" : word.substr(equals + 1));
  }
  return options;
}

}  // namespace lxcx::core
