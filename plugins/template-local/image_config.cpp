// SPDX-License-Identifier: Apache-2.0
#include "image_config.hpp"

#include <algorithm>
#include <array>

#include "placeholders.hpp"

namespace lxcx::local {
namespace {

// They place things on the host, which is the administrator's to say.
constexpr std::array<std::string_view, 9> host_keys{"lxc.rootfs",       "lxc.log.file",   "lxc.logfile", "lxc.console.logfile", "lxc.mount.fstab",
                                                    "lxc.console.path", "lxc.cgroup.dir", "lxc.idmap",   "lxc.id_map"};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && path.size() > directory.size() && path[directory.size()] == '/' &&
         path.find("/../") == std::string_view::npos && !path.ends_with("/..");
}

Failure refused(std::string_view line, const std::string& why) {
  return fail(Code::config, "the image's configuration wants '" + std::string(line) + "', " + why,
              "if you trust the image as you trust root, give -- --trust-metadata; else ask for another");
}

bool runs_program(std::string_view key) {
  if (key == "lxc.hook.version") return false;
  return key.starts_with("lxc.hook.") || key.find(".script.") != std::string_view::npos || key.find(".hook.") != std::string_view::npos;
}

}  // namespace

Result<void> check_config_line(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos)
    return fail(Code::config, "the image's configuration has the line '" + std::string(line) + "', which is no `key = value`",
                "the image is broken; use another");
  const std::string_view key = trimmed(line.substr(0, equals));
  std::string_view value = trimmed(line.substr(equals + 1));
  if (value.size() >= 2 && value.front() == value.back() && (value.front() == '"' || value.front() == '\''))
    value = value.substr(1, value.size() - 2);
  if (value.empty()) return {};  // clears what came before
  if (runs_program(key) && !is_below(value.substr(0, value.find_first_of(" \t")), hook_directory))
    return refused(line, "a program that lxcx would run on the host, and that is not in " + std::string(hook_directory));
  if (key == "lxc.include" && !is_below(value, config_directory)) return refused(line, "a file that is not in " + std::string(config_directory));
  if (std::ranges::any_of(host_keys,
                          [&](std::string_view host_key) { return key == host_key || (key.starts_with(host_key) && key[host_key.size()] == '.'); }))
    return refused(line, "which is not an image's to say");
  if (key == "lxc.mount" || key == "lxc.mount.fstab") return refused(line, "which is not an image's to say");
  if (key == "lxc.mount.entry") return check_mount_line(value);
  return {};
}

Result<void> check_mount_line(std::string_view line) {
  const std::string_view source = trimmed(line).substr(0, trimmed(line).find_first_of(" \t"));
  // mount(8) writes a blank in a path as \040; other escapes could hide what the path is.
  if (source.starts_with('/') && !is_below(source, "/sys") && !is_below(source, "/proc"))
    return refused(line, "a mount of the host's '" + std::string(source) + "'");
  if (source.find('\\') != std::string_view::npos || source.find("..") != std::string_view::npos)
    return refused(line, "a mount whose source is disguised");
  return {};
}

}  // namespace lxcx::local
