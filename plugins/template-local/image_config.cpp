// SPDX-License-Identifier: Apache-2.0
#include "image_config.hpp"

#include <algorithm>
#include <array>

#include "placeholders.hpp"

namespace lxcx::local {
namespace {

// What an image may say freely: it is about the inside of its own container, and gives it no more than it would have.
constexpr std::array<std::string_view, 27> harmless_keys{
    "lxc.arch",         "lxc.uts.name",    "lxc.utsname",       "lxc.tty.max",      "lxc.tty.dir",
    "lxc.tty",          "lxc.pty.max",     "lxc.pts",           "lxc.autodev",      "lxc.autodev.tmpfs.size",
    "lxc.init.cmd",     "lxc.init_cmd",    "lxc.init.uid",      "lxc.init.gid",     "lxc.init.cwd",
    "lxc.execute.cmd",  "lxc.signal.halt", "lxc.signal.reboot", "lxc.signal.stop",  "lxc.haltsignal",
    "lxc.rebootsignal", "lxc.stopsignal",  "lxc.environment",   "lxc.hook.version", "lxc.no_new_privs",
    "lxc.cap.drop",     "lxc.start.delay"};

// File systems that show the container itself and nothing of the host's files.
constexpr std::array<std::string_view, 6> own_file_systems{"tmpfs", "proc", "sysfs", "mqueue", "devpts", "ramfs"};
// What distributions bind from the host: kernel interfaces, none of which leads to a file of the host's.
constexpr std::array<std::string_view, 6> shared_sources{"/sys/kernel/debug", "/sys/kernel/security",     "/sys/kernel/tracing",
                                                         "/sys/fs/pstore",    "/sys/fs/fuse/connections", "/sys/firmware/efi/efivars"};
constexpr std::array<std::string_view, 23> harmless_options{"defaults", "ro",          "rw",          "nosuid",     "suid",        "nodev",
                                                            "dev",      "noexec",      "exec",        "atime",      "noatime",     "nodiratime",
                                                            "relatime", "optional",    "strictatime", "create=dir", "create=file", "rprivate",
                                                            "rslave",   "newinstance", "private",     "slave",      "sync"};
constexpr std::array<std::string_view, 10> harmless_data{
    "size=", "mode=", "nr_inodes=", "nr_blocks=", "uid=", "gid=", "hidepid=", "subset=", "ptmxmode=", "max="};

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

std::vector<std::string_view> words(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> found;
  while (true) {
    const auto begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) return found;
    const auto end = text.find_first_of(separators, begin);
    found.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return found;
    text.remove_prefix(end);
  }
}

/// A writable /proc or /sys of a privileged container is the host's own switchboard (core_pattern, uevent_helper).
Result<void> check_auto_mounts(std::string_view line, std::string_view value) {
  constexpr std::array<std::string_view, 8> protecting{"proc", "proc:mixed", "sys", "sys:mixed", "sys:ro", "cgroup", "cgroup:mixed", "cgroup:ro"};
  for (const std::string_view word : words(value, " \t"))
    if (std::ranges::find(protecting, word) == protecting.end()) return refused(line, "a mount of '" + std::string(word) + "'");
  return {};
}

bool runs_program(std::string_view key) {
  if (key == "lxc.hook.version") return false;
  return key.starts_with("lxc.hook.") || key.find(".script.") != std::string_view::npos || key.find(".hook.") != std::string_view::npos;
}

}  // namespace

Result<void> check_config_line(std::string_view line, bool has_id_map) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos)
    return fail(Code::config, "the image's configuration has the line '" + std::string(line) + "', which is no `key = value`",
                "the image is broken; use another");
  const std::string_view key = trimmed(line.substr(0, equals));
  std::string_view value = trimmed(line.substr(equals + 1));
  if (value.size() >= 2 && value.front() == value.back() && (value.front() == '"' || value.front() == '\''))
    value = value.substr(1, value.size() - 2);
  if (runs_program(key)) {
    if (value.empty() || is_below(value.substr(0, value.find_first_of(" \t")), hook_directory)) return {};
    return refused(line, "a program that lxcx would run on the host, and that is not in " + std::string(hook_directory));
  }
  if (key == "lxc.include" || key == "lxc.seccomp.profile" || key == "lxc.seccomp") {
    if (is_below(value, config_directory)) return {};
    return refused(line, "a file that is not in " + std::string(config_directory));
  }
  if (key == "lxc.mount.entry") return check_mount_line(value, has_id_map);
  if (key == "lxc.mount.auto") return check_auto_mounts(line, value);
  // Emptied, the list of what is dropped from every container would be given back (sys_module loads code into the kernel).
  if (key == "lxc.cap.drop" && value.empty()) return refused(line, "capabilities that the administrator's configuration takes away");
  if ((key == "lxc.apparmor.profile" || key == "lxc.aa_profile") && value == "generated") return {};
  if (std::ranges::find(harmless_keys, key) != harmless_keys.end()) return {};
  return refused(line, "which is not an image's to say");
}

Result<void> check_mount_line(std::string_view line, bool has_id_map) {
  const std::string_view entry = trimmed(line.substr(0, line.find('#')));
  if (entry.empty()) return {};
  // mount(8) writes a blank in a path as \040; other escapes could hide what the path is.
  if (entry.find('\\') != std::string_view::npos || entry.find('"') != std::string_view::npos || entry.find('\'') != std::string_view::npos)
    return refused(line, "a mount whose paths are disguised");
  const std::vector<std::string_view> fields = words(entry, " \t");
  if (fields.size() < 3) return refused(line, "which is no mount");
  bool is_bind = false, is_relative = false, is_read_only = false;
  for (const std::string_view option : fields.size() > 3 ? words(fields[3], ",") : std::vector<std::string_view>{}) {
    is_bind = is_bind || option == "bind" || option == "rbind";
    is_relative = is_relative || option == "relative";
    if (option == "ro" || option == "rw") is_read_only = option == "ro";
    const bool is_known = option == "bind" || option == "rbind" || option == "relative" ||
                          std::ranges::find(harmless_options, option) != harmless_options.end() ||
                          std::ranges::any_of(harmless_data, [&](std::string_view key) { return option.starts_with(key); });
    if (!is_known) return refused(line, "a mount with the option '" + std::string(option) + "'");
  }
  if (is_bind) {
    // Of its own root file system it may bind what it likes; a relative source without that word is one of the host's.
    if (is_relative || std::ranges::find(shared_sources, fields[0]) != shared_sources.end()) return {};
    return refused(line, "a mount of the host's '" + std::string(fields[0]) + "'");
  }
  // These come after lxc.mount.auto's, and would cover what that protects.
  if ((fields[2] == "proc" || fields[2] == "sysfs") && !is_read_only && !has_id_map)
    return refused(line, "a writable '" + std::string(fields[2]) + "'");
  if (std::ranges::find(own_file_systems, fields[2]) != own_file_systems.end()) return {};
  return refused(line, "a mount of type '" + std::string(fields[2]) + "'");
}

}  // namespace lxcx::local
