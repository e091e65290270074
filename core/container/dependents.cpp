// SPDX-License-Identifier: Apache-2.0
#include "core/container/dependents.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t largest = 1 << 20;
constexpr const char *clones_file = "lxc_snapshots", *bases_file = "lxc_rdepends";

bool is_same(const ContainerPaths& one, const ContainerPaths& other) { return one.lxcpath == other.lxcpath && one.name == other.name; }

/// The same directory, however the files spell its path.
bool is_same_place(Kernel& kernel, const ContainerPaths& one, const ContainerPaths& other) {
  if (is_same(one, other)) return true;
  const Result<struct stat> here = kernel.fstatat(AT_FDCWD, one.directory().c_str(), 0);
  const Result<struct stat> there = kernel.fstatat(AT_FDCWD, other.directory().c_str(), 0);
  return here && there && here->st_dev == there->st_dev && here->st_ino == there->st_ino;
}

/// Errors: config for anything but pairs of lines with a path and a container's name.
Result<std::vector<ContainerPaths>> parse_pairs(std::string_view text, const std::string& path) {
  const std::vector<std::string> lines = split(text, '\n');
  std::vector<ContainerPaths> pairs;
  for (std::size_t i = 0; i + 1 < lines.size(); i += 2) {
    if (!lines[i].starts_with('/') || !check_name(lines[i + 1])) break;
    pairs.push_back({lines[i], lines[i + 1]});
  }
  if (pairs.size() * 2 == lines.size()) return pairs;
  return fail(Code::config, "'" + path + "' is no list of containers", "pairs of lines: an lxcpath, and a name in it");
}

std::string print_pairs(const std::vector<ContainerPaths>& pairs) {
  std::string text;
  for (const ContainerPaths& each : pairs) text += each.lxcpath + "\n" + each.name + "\n";
  return text;
}

/// What another user wrote there may not say what root does. No file: no pairs. Errors: denied.
Result<std::vector<ContainerPaths>> read_pairs(Kernel& kernel, const ContainerPaths& paths, const char* file) {
  const std::string path = paths.directory() + "/" + file;
  const Result<UniqueFd> fd = kernel.openat(AT_FDCWD, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd && (fd.error().sys_errno == ENOENT || fd.error().sys_errno == ENOTDIR)) return std::vector<ContainerPaths>{};
  if (!fd) return std::unexpected(fd.error());
  LXCX_TRY(status, kernel.fstat(fd->get()));
  LXCX_CHECK(check_owner(path, status));
  LXCX_TRY(text, read_all(kernel, fd->get(), largest));
  return parse_pairs(text, path);
}

/// Reads, changes and replaces the list as one act among several commands: under the flock(2) of the directory.
Result<void> change_pairs(Kernel& kernel, const ContainerPaths& paths, const char* file, const ContainerPaths& entry, bool is_there) {
  constexpr int timeout_ms = 5000;
  const std::string path = paths.directory();
  Result<UniqueFd> directory = open_locked(kernel, path, O_RDONLY | O_DIRECTORY, 0, timeout_ms);
  if (!directory && directory.error().sys_errno == ENOENT && !is_there) return {};
  if (!directory) return doing(Result<void>(std::unexpected(std::move(directory).error())), "lock '" + path + "'");
  LXCX_TRY(pairs, read_pairs(kernel, paths, file));
  const std::size_t before = pairs.size();
  const bool was_there = std::ranges::any_of(pairs, [&entry](const ContainerPaths& each) { return is_same(each, entry); });
  if (is_there && !was_there) pairs.push_back(entry);
  if (!is_there) std::erase_if(pairs, [&entry](const ContainerPaths& each) { return is_same(each, entry); });
  if (pairs.size() == before) return {};
  if (pairs.empty()) return kernel.unlinkat(directory->get(), file, 0);
  return replace_file_durably(kernel, directory->get(), file, print_pairs(pairs), 0644);
}

/// A clone that is not where the base's neighbours are may be on a disk that is not mounted.
bool is_gone(Kernel& kernel, const ContainerPaths& base, const ContainerPaths& clone) {
  const Result<struct stat> status = kernel.fstatat(AT_FDCWD, clone.directory().c_str(), 0);
  if (status || status.error().sys_errno != ENOENT) return false;
  const Result<struct stat> here = kernel.fstatat(AT_FDCWD, base.lxcpath.c_str(), 0);
  const Result<struct stat> there = kernel.fstatat(AT_FDCWD, clone.lxcpath.c_str(), 0);
  return here && there && here->st_dev == there->st_dev && here->st_ino == there->st_ino;
}

}  // namespace

Result<void> add_base(Kernel& kernel, const ContainerPaths& clone, const ContainerPaths& base) {
  return change_pairs(kernel, clone, bases_file, base, true);
}

Result<void> add_clone(Kernel& kernel, const ContainerPaths& base, const ContainerPaths& clone) {
  LXCX_CHECK(kernel.faccessat(AT_FDCWD, base.config().c_str(), F_OK, 0));
  return change_pairs(kernel, base, clones_file, clone, true);
}

Result<void> drop_clone(Kernel& kernel, const ContainerPaths& base, const ContainerPaths& clone) {
  return change_pairs(kernel, base, clones_file, clone, false);
}

Result<std::vector<ContainerPaths>> bases_of(Kernel& kernel, const ContainerPaths& clone) { return read_pairs(kernel, clone, bases_file); }

bool has_clones(Kernel& kernel, const ContainerPaths& base) {
  const Result<std::vector<ContainerPaths>> clones = read_pairs(kernel, base, clones_file);
  if (!clones) return true;
  return std::ranges::any_of(*clones, [&](const ContainerPaths& clone) {
    if (is_gone(kernel, base, clone)) return false;
    if (!kernel.fstatat(AT_FDCWD, clone.directory().c_str(), 0)) return true;
    const Result<std::vector<ContainerPaths>> bases = bases_of(kernel, clone);
    return !bases || std::ranges::any_of(*bases, [&](const ContainerPaths& each) { return is_same_place(kernel, each, base); });
  });
}

}  // namespace lxcx::core
