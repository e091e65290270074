// SPDX-License-Identifier: Apache-2.0
#include "core/stop/rename.hpp"

#include <fcntl.h>
#include <linux/fs.h>

#include <cerrno>
#include <optional>

#include "core/base/text.hpp"
#include "core/config/config_file.hpp"
#include "core/config/relocate.hpp"
#include "core/container/dependents.hpp"
#include "core/container/run_directory.hpp"
#include "core/kernel/files.hpp"
#include "core/stop/remove.hpp"
#include "core/stop/stop.hpp"
#include "core/stop/stopped.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t largest_marker = 4096;
constexpr const char* marker = "renamed-from";

/// The configuration, and the fstab of its own, held for a change.
struct HeldConfig {
  ConfigFile config;
  std::optional<ConfigFile> fstab;
  Relocation relocation;
};

/// Finds what the configuration includes where it is now, whichever of the two directories it names.
ConfigSource source_in(const ConfigSource& source, const ContainerPaths& now, const Relocation& relocation) {
  return relocated_source(source, now.name == relocation.old_name ? reversed(relocation) : relocation);
}

bool is_relocated(std::string_view value, const Relocation& relocation) { return relocate_value(value, relocation) != value; }

/// An fstab of the container's own is one in its directory.
Result<HeldConfig> hold_config(Host& host, const ContainerPaths& now, Relocation relocation) {
  LXCX_TRY(config, ConfigFile::open(host.kernel, now.config()));
  HeldConfig held{std::move(config), std::nullopt, std::move(relocation)};
  const ParsedConfig parsed = parse_config(held.config.text(), now.config(), source_in(host.source, now, held.relocation));
  const std::string& fstab = parsed.config.fstab;
  for (const auto& [from, to] : held.relocation.directories) {
    const std::string& directory = fstab.starts_with(from + "/") ? from : to;
    if (!fstab.starts_with(directory + "/")) continue;
    Result<ConfigFile> file = ConfigFile::open(host.kernel, now.directory() + fstab.substr(directory.size()));
    if (!file && file.error().sys_errno == ENOENT) break;
    if (!file) return std::unexpected(std::move(file).error());
    held.fstab = std::move(*file);
    break;
  }
  return held;
}

/// What the new configuration would be like; returns warnings.
Result<std::vector<std::string>> check_new_config(Host& host, const ContainerPaths& from, const HeldConfig& held) {
  LXCX_CHECK(load_config(from.config(), host.source, nullptr));
  const std::string text = relocate_config(held.config.text(), held.relocation);
  const ParsedConfig parsed = parse_config(text, from.config(), source_in(host.source, from, held.relocation));
  if (parsed.has_errors()) return Failure(config_error(from.config(), parsed.diagnostics));
  if (is_relocated(parsed.config.rootfs, held.relocation)) {
    Error error{Code::config,
                0,
                "an included file sets lxc.rootfs.path below the old name",
                "includes are not changed: set it in the container's own file",
                {},
                parsed.config.rootfs_where,
                {}};
    return Failure(std::move(error));
  }
  std::vector<std::string> warnings;
  LXCX_TRY(printed, print_config(parsed.config));
  for (const std::string& line : split(printed, '\n'))
    if (is_relocated(line.substr(line.find('=') + 1), held.relocation)) warnings.push_back("an included file still names the old directory: " + line);
  return warnings;
}

Result<void> write_new_config(Kernel& kernel, int directory, HeldConfig& held) {
  if (held.fstab) {
    const std::string text = relocate_fstab(held.fstab->text(), held.relocation);
    if (text != held.fstab->text()) LXCX_CHECK(held.fstab->replace(text));
  }
  const std::string text = relocate_config(held.config.text(), held.relocation);
  if (text != held.config.text()) LXCX_CHECK(held.config.replace(text));
  return kernel.unlinkat(directory, marker, 0);
}

Result<void> refuse_taken(Host& host, const ContainerPaths& to) {
  if (runs_under_lxc(to) || observe(host, to).exists) return fail(Code::busy, "'" + to.name + "' is running", "pick another name");
  if (!host.kernel.fstatat(AT_FDCWD, to.directory().c_str(), AT_SYMLINK_NOFOLLOW)) return {};
  return fail(Code::busy, "'" + to.directory() + "' exists already", "pick another name");
}

Result<void> rename_directory(Kernel& kernel, int lxcpath, const ContainerPaths& from, const ContainerPaths& to) {
  Result<void> renamed = kernel.renameat2(lxcpath, from.name.c_str(), lxcpath, to.name.c_str(), RENAME_NOREPLACE);
  // rename(2): some file systems do not know the flag. Our lock is on the name, and it was free.
  if (!renamed && renamed.error().sys_errno == EINVAL) renamed = kernel.renameat2(lxcpath, from.name.c_str(), lxcpath, to.name.c_str(), 0);
  return renamed;
}

/// What it is a clone of knows it by both names before it has the new one.
Result<void> note_clone(Kernel& kernel, const std::vector<ContainerPaths>& bases, const ContainerPaths& clone) {
  for (const ContainerPaths& base : bases)
    if (Result<void> added = add_clone(kernel, base, clone); !added && added.error().sys_errno != ENOENT) return added;
  return {};
}

/// The old name that the marker has; nothing when there is none.
Result<std::optional<std::string>> read_marker(Kernel& kernel, const ContainerPaths& paths) {
  Result<std::string> text = read_file(kernel, AT_FDCWD, (paths.directory() + "/" + marker).c_str(), largest_marker);
  if (!text && (text.error().sys_errno == ENOENT || text.error().sys_errno == ENOTDIR)) return std::nullopt;
  if (!text) return std::unexpected(std::move(text).error());
  const std::string file = paths.directory() + "/" + marker;
  if (!check_name(*text))
    return fail(Code::config, "'" + file + "' does not hold the name that '" + paths.name + "' had before it was renamed",
                "see that its configuration names no path of another container, and remove the file");
  return std::optional(std::move(*text));
}

Result<void> finish(Host& host, const ContainerPaths& now, const std::string& old_name) {
  LXCX_TRY(directory, host.kernel.openat(AT_FDCWD, now.directory().c_str(), O_RDONLY | O_DIRECTORY));
  if (old_name == now.name) return host.kernel.unlinkat(directory.get(), marker, 0);  // it was cut short before the rename
  LXCX_TRY(relocation, relocation_between(host.kernel, {now.lxcpath, old_name}, now));
  LXCX_TRY(held, hold_config(host, now, std::move(relocation)));
  LXCX_TRY(bases, bases_of(host.kernel, now));
  LXCX_CHECK(note_clone(host.kernel, bases, now));
  for (const ContainerPaths& base : bases) (void)drop_clone(host.kernel, base, {now.lxcpath, old_name});
  return write_new_config(host.kernel, directory.get(), held);
}

}  // namespace

Result<bool> finish_rename(Host& host, const ContainerPaths& paths) {
  LXCX_TRY(seen, read_marker(host.kernel, paths));
  if (!seen) return false;
  LXCX_TRY(lock, lock_container(host.kernel, host.root, paths));
  LXCX_TRY(old_name, read_marker(host.kernel, paths));
  if (!old_name) return false;
  LXCX_CHECK(doing(finish(host, paths, *old_name), "finish the renaming of '" + *old_name + "'"));
  // What was killed left the file of its other lock, which goes with the last who lets it go.
  (void)lock_container(host.kernel, host.root, {paths.lxcpath, *old_name}, 0);
  return true;
}

Result<std::vector<std::string>> rename_container(Host& host, const ContainerPaths& from, const ContainerPaths& to) {
  LXCX_CHECK(check_name(from.name));
  LXCX_CHECK(check_new_name(to.name));
  if (from.name == to.name) return fail(Code::usage, "the new name is the old one");
  // The same command again, after it was cut short.
  if (const Result<std::optional<std::string>> old_name = read_marker(host.kernel, to); old_name && *old_name == from.name) {
    LXCX_CHECK(finish_rename(host, to));
    return std::vector<std::string>{};
  }
  LXCX_TRY(locks, lock_stopped(host, from, to));
  LXCX_CHECK(refuse_dependants(host, from));
  LXCX_CHECK(refuse_taken(host, to));
  LXCX_TRY(relocation, relocation_between(host.kernel, from, to));
  if (is_relocated(to.directory(), relocation))
    return fail(Code::usage, "'" + to.name + "' cannot be told from '" + from.name + "' where a configuration has paths in lists",
                "pick another name");
  LXCX_TRY(held, hold_config(host, from, std::move(relocation)));
  LXCX_TRY(warnings, check_new_config(host, from, held));

  Kernel& kernel = host.kernel;
  LXCX_TRY(lxcpath, kernel.openat(AT_FDCWD, from.lxcpath.c_str(), O_RDONLY | O_DIRECTORY));
  LXCX_TRY(directory, kernel.openat(lxcpath.get(), from.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  LXCX_TRY(bases, bases_of(kernel, from));
  LXCX_CHECK(replace_file_durably(kernel, directory.get(), marker, from.name, 0600));
  Result<void> renamed = note_clone(kernel, bases, to);
  if (renamed) renamed = rename_directory(kernel, lxcpath.get(), from, to);
  for (const ContainerPaths& base : bases) (void)drop_clone(kernel, base, renamed ? from : to);
  if (!renamed) {
    (void)kernel.unlinkat(directory.get(), marker, 0);
    return std::unexpected(std::move(renamed).error());
  }
  Result<void> written = kernel.fsync(lxcpath.get());
  if (written) written = write_new_config(kernel, directory.get(), held);
  if (!written) {
    written.error().hint = "the container is '" + to.name + "' now; the next start, rename or destroy of it changes its configuration";
    return std::unexpected(std::move(written).error());
  }
  return warnings;
}

}  // namespace lxcx::core
