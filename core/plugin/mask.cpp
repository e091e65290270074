// SPDX-License-Identifier: Apache-2.0
// `plugin disable` and `plugin enable`.
#include "core/plugin/mask.hpp"

#include <fcntl.h>
#include <linux/fs.h>

#include <algorithm>

#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

/// What stands at a mask's place.
enum class Occupant {
  nothing,
  our_mask,
  other_mask,
  manifest
};

Result<Occupant> occupant_of(Kernel& kernel, int directory, const std::string& file_name) {
  const Result<struct stat> status = kernel.fstatat(directory, file_name.c_str(), AT_SYMLINK_NOFOLLOW);
  if (!status && status.error().sys_errno == ENOENT) return Occupant::nothing;
  if (!status) return std::unexpected(status.error());
  if (S_ISLNK(status->st_mode)) {
    LXCX_TRY(target, kernel.readlinkat(directory, file_name.c_str()));
    return target == "/dev/null" ? Occupant::other_mask : Occupant::manifest;
  }
  if (!S_ISREG(status->st_mode)) return Occupant::manifest;
  if (status->st_size == 0) return Occupant::other_mask;
  if (static_cast<std::size_t>(status->st_size) != written_mask.size()) return Occupant::manifest;
  LXCX_TRY(fd, kernel.openat(directory, file_name.c_str(), O_RDONLY | O_NOFOLLOW));
  LXCX_TRY(text, read_all(kernel, fd.get(), written_mask.size()));
  return text == written_mask ? Occupant::our_mask : Occupant::manifest;
}

/// A reader sees no file or the whole mask, and a manifest that appears meanwhile is not replaced.
Result<void> write_mask(Kernel& kernel, int directory, const std::string& file_name) {
  const std::string fresh = "." + file_name + ".new";
  (void)kernel.unlinkat(directory, fresh.c_str(), 0);  // of a run that was killed; the name is ours
  const auto write = [&]() -> Result<void> {
    LXCX_TRY(fd, kernel.openat(directory, fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644));
    LXCX_CHECK(write_all(kernel, fd.get(), written_mask));
    LXCX_CHECK(kernel.fsync(fd.get()));
    return kernel.renameat2(directory, fresh.c_str(), directory, file_name.c_str(), RENAME_NOREPLACE);
  };
  Result<void> done = write();
  if (!done) (void)kernel.unlinkat(directory, fresh.c_str(), 0);
  return done;
}

}  // namespace

Result<void> write_plugin_mask(Kernel& kernel, const Registry& registry, Kind kind, std::string_view name, const std::string& directory) {
  const std::vector<std::string>& order = registry.directories();
  const auto place = std::ranges::find(order, directory);
  if (place == order.end()) return fail(Code::usage, "'" + directory + "' is not searched for plugins, so a mask there would have no effect");
  const std::vector<RegistryEntry> entries = registry.list();
  const auto entry = std::ranges::find_if(entries, [&](const RegistryEntry& each) { return each.kind == kind && each.name == name; });
  if (entry == entries.end()) {
    LXCX_CHECK(registry.find(kind, name));  // says why: none such, or a directory that is refused
    return fail(Code::internal, "the registry changed while it was read", "try again");
  }
  const auto winner = std::ranges::find(order, entry->path.substr(0, entry->path.rfind('/')));
  const std::string path = directory + "/" + manifest_file_names(kind, name).front();
  if (winner < place) {
    if (entry->state == "masked") return {};
    return fail(Code::busy, "'" + entry->path + "' comes before '" + directory + "', so a mask there would have no effect",
                "remove that manifest, or leave out --plugin-dir");
  }
  LXCX_CHECK(make_directories(kernel, directory, 0755));
  LXCX_TRY(fd, registry.trust().open_directory(directory));
  LXCX_TRY(occupant, occupant_of(kernel, fd.get(), manifest_file_names(kind, name).front()));
  if (occupant == Occupant::our_mask || occupant == Occupant::other_mask) return {};
  if (occupant == Occupant::manifest) return fail(Code::busy, "'" + path + "' is itself a manifest", "move it away: a mask would take its place");
  return doing(write_mask(kernel, fd.get(), manifest_file_names(kind, name).front()), "write mask '" + path + "'");
}

Result<void> remove_plugin_mask(Kernel& kernel, const Registry& registry, Kind kind, std::string_view name, const std::string& directory) {
  const std::string file_name = manifest_file_names(kind, name).front();
  const std::string path = directory + "/" + file_name;
  const std::string plugin = "the " + std::string(kind_name(kind)) + " plugin '" + std::string(name) + "'";
  Result<UniqueFd> fd = registry.trust().open_directory(directory);
  if (!fd && fd.error().sys_errno != ENOENT) return std::unexpected(std::move(fd).error());
  Occupant occupant = Occupant::nothing;
  if (fd) {
    LXCX_TRY(found, occupant_of(kernel, fd->get(), file_name));
    occupant = found;
  }
  if (occupant == Occupant::our_mask) return doing(kernel.unlinkat(fd->get(), file_name.c_str(), 0), "remove mask '" + path + "'");
  if (occupant == Occupant::other_mask)
    return fail(Code::denied, plugin + " is masked by '" + path + "', which `lxcx plugin disable` did not write",
                "remove it by hand if it is meant to go");
  const Result<Manifest> found = registry.find(kind, name);
  return found ? Result<void>{} : std::unexpected(found.error());
}

}  // namespace lxcx::core
