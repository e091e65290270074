// SPDX-License-Identifier: Apache-2.0
#include "core/copy/copied_config.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/text.hpp"
#include "core/config/edit.hpp"
#include "core/config/scan.hpp"
#include "core/create/hardware_address.hpp"
#include "core/kernel/files.hpp"
#include "core/stop/stopped.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t largest_fstab = 1 << 20;

/// What a container writes, rather than reads: made anew where it is missing.
constexpr std::array<std::string_view, 4> outputs{"lxc.log.file", "lxc.logfile", "lxc.console.logfile", "lxc.console.path"};

/// Those that may name files which the container reads: of the configuration and of the fstab beside it.
std::vector<std::string> values_to_look_at(std::string_view text, std::string_view fstab) {
  std::vector<std::string> values = split(fstab, '\n');
  std::erase_if(values, [](const std::string& line) { return trim(line).starts_with('#'); });
  LineScanner scanner(text);
  while (const std::optional<ScannedLine> line = scanner.next())
    if (line->kind == ScannedLine::Kind::assignment && std::ranges::find(outputs, line->key) == outputs.end()) values.emplace_back(line->value);
  return values;
}

bool is_at_or_below(std::string_view path, std::string_view top) { return path == top || path.starts_with(std::string(top) + "/"); }

/// What stands there, which no link leads to; nothing when there is nothing.
std::optional<struct stat> look_at(Kernel& kernel, int directory, const std::string& name) {
  const Result<UniqueFd> fd = kernel.openat2(directory, name.c_str(), O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  if (!fd) return std::nullopt;
  const Result<struct stat> status = kernel.fstat(fd->get());
  return status ? std::optional(*status) : std::nullopt;
}

/// Files are copied. Directories, but for the volume, stay the origin's, and the copy goes on to use them there: as under LXC, an entry that mounts
/// one means those data.
Result<void> sort_out(Kernel& kernel, int directory, const std::vector<std::string>& values, const ContainerPaths& from, const std::string& rootfs,
                      CopiedConfig& copied) {
  const std::vector<std::string> volume = named_below(rootfs, copied.relocation);
  const auto is_sorted = [&copied](const std::string& name) {
    return std::ranges::find(copied.files, name) != copied.files.end() ||
           std::ranges::find(copied.relocation.staying, name) != copied.relocation.staying.end();
  };
  for (const std::string& value : values)
    for (const std::string& name : named_below(value, copied.relocation)) {
      if (is_sorted(name) || std::ranges::any_of(volume, [&](const std::string& top) { return is_at_or_below(name, top); })) continue;
      const std::optional<struct stat> found = look_at(kernel, directory, name);
      if (!found) continue;
      const bool is_file = S_ISREG(found->st_mode);
      if (is_file && static_cast<std::size_t>(found->st_size) > largest_copied_file)
        return fail(Code::unsupported,
                    "'" + from.directory() + "/" + name + "' is larger than 64 MiB, too large for a file that belongs to a configuration",
                    "keep it elsewhere: then both containers use it there");
      (is_file ? copied.files : copied.relocation.staying).push_back(name);
      if (!is_file) copied.warnings.push_back("'" + from.directory() + "/" + name + "' is not copied: both containers use it there");
    }
  return {};
}

/// The fstab, when it lies beside the configuration.
Result<std::string> read_own_fstab(Kernel& kernel, int directory, const std::string& path, CopiedConfig& copied) {
  const std::vector<std::string> names = named_below(path, copied.relocation);
  if (names.size() != 1) return std::string();
  const Result<UniqueFd> fd =
      kernel.openat2(directory, names[0].c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  if (!fd && fd.error().sys_errno == ENOENT) return std::string();
  if (!fd) return std::unexpected(fd.error());
  copied.fstab = names[0];
  return read_all(kernel, fd->get(), largest_fstab);
}

/// Included files are taken as they are: what they say of the old directory is the old container's.
Result<void> warn_of_includes(const ParsedConfig& parsed, CopiedConfig& copied) {
  LXCX_TRY(printed, print_config(parsed.config));
  for (const std::string& line : split(printed, '\n')) {
    const std::string_view value = std::string_view(line).substr(std::min(line.size(), line.find('=') + 1));
    if (line.starts_with("lxc.rootfs.path") || relocate_value(value, copied.relocation) == value) continue;
    copied.warnings.push_back("an included file still names the old directory: " + line);
  }
  return {};
}

}  // namespace

Result<Origin> read_origin(Host& host, const ContainerPaths& paths) {
  Origin origin{paths, own_config_source(host.source, paths.directory()), {}, {}};
  LXCX_TRY(text, doing(origin.source.read(paths.config()), "read the configuration " + paths.config()));
  ParsedConfig parsed = parse_config(text, paths.config(), origin.source);
  if (parsed.has_errors()) return Failure(config_error(paths.config(), parsed.diagnostics));
  origin.text = std::move(text);
  origin.config = std::move(parsed.config);
  return origin;
}

Result<CopiedConfig> copied_config(Host& host, const Origin& origin, const ContainerPaths& to, const CopyRequest& request) {
  Kernel& kernel = host.kernel;
  const ContainerPaths& from = origin.paths;
  CopiedConfig copied;
  LXCX_TRY(relocation, relocation_between(kernel, from, to));
  copied.relocation = std::move(relocation);
  LXCX_TRY(directory, kernel.openat(AT_FDCWD, from.directory().c_str(), O_RDONLY | O_DIRECTORY));
  LXCX_TRY(fstab, read_own_fstab(kernel, directory.get(), origin.config.fstab, copied));
  LXCX_CHECK(sort_out(kernel, directory.get(), values_to_look_at(origin.text, fstab), from, origin.config.rootfs, copied));
  Relocation paths_alone = copied.relocation;
  if (request.keep_name) paths_alone.old_name.clear();
  copied.text = relocate_config(origin.text, paths_alone);
  if (!request.keep_mac) copied.text = with_other_hardware_addresses(copied.text);
  const ConfigSource source = relocated_source(origin.source, reversed(copied.relocation));
  const ParsedConfig parsed = parse_config(copied.text, to.config(), source);
  if (parsed.has_errors()) return Failure(config_error(to.config(), parsed.diagnostics));
  const auto set = [&](const char* key, const std::string& value) -> Result<void> {
    LXCX_TRY(edited, edit_config(copied.text, to.config(), source, {ConfigEdit::Verb::set, key, value}));
    copied.text = std::move(edited.text);
    return {};
  };
  if (!request.keep_name && !origin.config.hostname.empty() && parsed.config.hostname != to.name) LXCX_CHECK(set("lxc.uts.name", to.name));
  // The origin's volume may be another's to remove; the copy's is ours.
  if (!origin.config.rootfs_managed && !origin.config.rootfs.empty()) LXCX_CHECK(set("lxc.rootfs.managed", "1"));
  LXCX_CHECK(warn_of_includes(parsed, copied));
  return copied;
}

Result<std::string> with_rootfs(const Origin& origin, const CopiedConfig& copied, const ContainerPaths& to, const std::string& rootfs) {
  const ConfigSource source = relocated_source(origin.source, reversed(copied.relocation));
  LXCX_TRY(edited, edit_config(copied.text, to.config(), source, {ConfigEdit::Verb::set, "lxc.rootfs.path", rootfs}));
  return std::move(edited.text);
}

}  // namespace lxcx::core
