// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/registry.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"
#include "core/plugin/agreement.hpp"

namespace lxcx::core {

namespace {

constexpr std::array<const char*, 3> system_directories{"/etc/lxcx/plugins.d", "/usr/local/lib/lxcx/plugins.d", "/usr/lib/lxcx/plugins.d"};
constexpr std::size_t manifest_limit = 256 * 1024;

/// "network-veth.json" -> (network, "veth"); nothing for a name that no manifest has.
std::optional<std::pair<Kind, std::string>> identify(std::string_view file_name) {
  if (!file_name.ends_with(".json")) return std::nullopt;
  file_name.remove_suffix(5);
  const std::size_t dash = file_name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const Result<Kind> kind = parse_kind(file_name.substr(0, dash));
  const std::string name(file_name.substr(dash + 1));
  if (!kind || !is_plugin_name(name)) return std::nullopt;
  return std::pair{*kind, name};
}

/// Why a file whose name ends in .json is read by nobody.
std::string why_no_manifest(std::string_view file_name) {
  const std::string kind(file_name.substr(0, file_name.find('-')));
  if (file_name.contains('-') && !parse_kind(kind))
    return "its name begins with '" + escape_line(kind) +
           "', which is no kind of plugin: " + join({std::begin(kind_names), std::end(kind_names)}, ", ");
  return "no manifest has that name: it is KIND-NAME.json, with a NAME of a-z, 0-9, '.', '_' and '-'";
}

/// What would keep a manifest's library from being loaded, as far as that is seen from outside.
std::string why_unusable(Kernel& kernel, const Manifest& manifest) {
  if (const Result<void> fits = check_abi(manifest); !fits) return fits.error().message;
  if (kernel.fstatat(AT_FDCWD, manifest.library_path.c_str(), 0)) return {};
  return "its library is not there: " + join(library_candidates(manifest), ", ");
}

std::string plain(const std::string& path) {
  std::string normal = std::filesystem::absolute(path).lexically_normal().string();
  while (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

bool is_missing(const Error& error) { return error.sys_errno == ENOENT || error.sys_errno == ENOTDIR; }

}  // namespace

Registry::Registry(Kernel& kernel, const RegistryOptions& options) : kernel_(kernel), trust_(kernel) {
  const auto add = [this](const std::string& path) {
    if (!path.empty() && std::ranges::find(directories_, plain(path)) == directories_.end()) directories_.push_back(plain(path));
  };
  for (const std::string& each : options.extra_directories) {
    add(each);
    if (!each.empty()) required_.insert(plain(each));
  }
  if (!options.ignore_system_directories)
    for (const char* each : system_directories) add(each);
  add(options.installed_directory);
}

std::vector<std::string> Registry::asked_for() const {
  std::vector<std::string> asked;
  std::ranges::copy_if(directories_, std::back_inserter(asked), [this](const std::string& each) { return required_.contains(each); });
  return asked;
}

void Registry::search_first(const std::vector<std::string>& directories) {
  std::vector<std::string> all = directories;
  std::ranges::copy_if(directories_, std::back_inserter(all),
                       [&](const std::string& each) { return std::ranges::find(directories, each) == directories.end(); });
  directories_ = std::move(all);
}

Result<std::optional<UniqueFd>> Registry::open(const std::string& directory) const {
  Result<UniqueFd> fd = trust_.open_directory(directory);
  if (fd) return std::optional<UniqueFd>(std::move(*fd));
  if (!is_missing(fd.error())) return std::unexpected(std::move(fd).error());
  if (!required_.contains(directory)) return std::optional<UniqueFd>();
  return fail(Code::not_found, "there is no plugin directory '" + directory + "'", "it was named by --plugin-dir or LXCX_PLUGIN_PATH");
}

Result<std::optional<Registry::Candidate>> Registry::read(int directory, const std::string& file_name, const std::string& path, Kind kind,
                                                          std::string_view name) const {
  Result<UniqueFd> file = trust_.open_file(directory, file_name.c_str(), path);
  if (!file && is_missing(file.error())) return std::optional<Candidate>();
  if (!file && file.error().sys_errno == ELOOP) {
    const Result<std::string> target = kernel_.readlinkat(directory, file_name.c_str());
    if (target && *target == "/dev/null") return std::optional(Candidate{"a link to /dev/null", {}});
    return fail(Code::plugin, "refused '" + path + "': it is a symbolic link",
                "put the manifest itself there; only a link to /dev/null has a meaning");
  }
  if (!file) return std::unexpected(std::move(file).error());
  LXCX_TRY(text, doing(read_all(kernel_, file->get(), manifest_limit), "read manifest '" + path + "'"));
  if (text.empty()) return std::optional(Candidate{"an empty file", {}});
  if (text == written_mask) return std::optional(Candidate{"written by `lxcx plugin disable`", {}});
  LXCX_TRY(manifest, parse_manifest(text, path));
  if (manifest.kind != kind || manifest.name != name) {
    return fail(Code::plugin,
                "manifest '" + path + "': its file name says " + std::string(kind_name(kind)) + " '" + std::string(name) +
                    "', its fields \"kind\" and \"name\" say " + std::string(kind_name(manifest.kind)) + " '" + manifest.name + "'",
                "rename it to " + manifest_file_names(manifest.kind, manifest.name).front() + ", or correct the fields");
  }
  for (const std::string& candidate : library_candidates(manifest)) {
    if (!kernel_.fstatat(AT_FDCWD, candidate.c_str(), AT_SYMLINK_NOFOLLOW)) continue;
    manifest.library_path = candidate;
    break;
  }
  return std::optional(Candidate{{}, std::move(manifest)});
}

Result<Manifest> Registry::find(Kind kind, std::string_view name) const {
  if (!is_plugin_name(name))
    return fail(Code::not_found, "'" + escape_line(name) + "' cannot be the name of a plugin", "names are made of a-z, 0-9, '.', '_' and '-'");
  for (const std::string& directory : directories_) {
    LXCX_TRY(fd, open(directory));
    if (!fd) continue;
    for (const std::string& file_name : manifest_file_names(kind, name)) {
      const std::string path = directory + "/" + file_name;
      LXCX_TRY(found, read(fd->get(), file_name, path, kind, name));
      if (!found) continue;
      if (found->mask.empty()) return std::move(found->manifest);
      return fail(Code::not_found,
                  "the " + std::string(kind_name(kind)) + " plugin '" + std::string(name) + "' is masked by '" + path + "' (" + found->mask + ")",
                  "`lxcx plugin enable " + std::string(kind_name(kind)) + " " + std::string(name) +
                      "` removes a mask that `lxcx plugin disable` wrote; any other is removed by hand");
    }
  }
  return not_found(kind, name);
}

Failure Registry::not_found(Kind kind, std::string_view name) const {
  const std::vector<RegistryEntry> entries = list();
  std::vector<std::string_view> names;
  for (const RegistryEntry& entry : entries)
    if (entry.kind == kind && entry.state == "active") names.push_back(entry.name);
  std::string hint = "there is no " + std::string(kind_name(kind)) + " plugin in " + join(directories_, ", ");
  if (!names.empty()) hint = "there are: " + join({names.begin(), names.end()}, ", ");
  if (const std::string_view near = nearest(name, names); !near.empty()) hint = "did you mean '" + std::string(near) + "'? " + hint;
  return fail(Code::not_found, "there is no " + std::string(kind_name(kind)) + " plugin '" + std::string(name) + "'", hint);
}

RegistryEntry Registry::entry_of(int directory, const std::string& file_name, const std::string& path, Kind kind, const std::string& name) const {
  RegistryEntry entry{kind, name, path, "active", {}, {}};
  Result<std::optional<Candidate>> found = read(directory, file_name, path, kind, name);
  if (!found || !*found) {
    entry.state = "refused";
    entry.why = found ? "it disappeared while it was read" : found.error().message;
  } else if (!(*found)->mask.empty()) {
    entry.state = "masked";
    entry.why = (*found)->mask;
  } else {
    entry.manifest = std::move((*found)->manifest);
    entry.why = why_unusable(kernel_, entry.manifest);
  }
  return entry;
}

void Registry::list_directory(const std::string& directory, std::set<std::pair<Kind, std::string>>& taken,
                              std::vector<RegistryEntry>& entries) const {
  const auto refuse = [&](const Error& error) { entries.push_back({Kind::storage, {}, directory, "refused", error.message, {}}); };
  const Result<std::optional<UniqueFd>> fd = open(directory);
  if (!fd) return refuse(fd.error());
  if (!*fd) return;
  Result<std::vector<std::string>> names = kernel_.getdents((*fd)->get());
  if (!names) return refuse(names.error());
  std::ranges::sort(*names);
  for (const std::string& file_name : *names) {
    const auto identity = identify(file_name);
    if (!identity) {
      if (file_name.ends_with(".json") && !file_name.starts_with('.'))
        entries.push_back({Kind::storage, {}, directory + "/" + file_name, "refused", why_no_manifest(file_name), {}});
      continue;
    }
    RegistryEntry entry = entry_of((*fd)->get(), file_name, directory + "/" + file_name, identity->first, identity->second);
    // A refused manifest takes the name as well: find() stops at it, and must not be bypassed by breaking a file.
    const bool is_first = taken.insert(*identity).second;
    if (!is_first && entry.state != "refused") {
      const auto winner =
          std::ranges::find_if(entries, [&](const RegistryEntry& each) { return each.kind == entry.kind && each.name == entry.name; });
      entry.why = winner->state == "masked" ? "masked by '" + winner->path + "'" : "'" + winner->path + "' comes first";
      entry.state = "shadowed";
    }
    entries.push_back(std::move(entry));
  }
}

std::vector<RegistryEntry> Registry::list() const {
  std::vector<RegistryEntry> entries;
  std::set<std::pair<Kind, std::string>> taken;
  for (const std::string& directory : directories_) list_directory(directory, taken, entries);
  return entries;
}

}  // namespace lxcx::core
