// SPDX-License-Identifier: Apache-2.0
#include "core/copy/copy.hpp"

#include <fcntl.h>

#include "core/base/text.hpp"
#include "core/container/dependents.hpp"
#include "core/copy/copied_config.hpp"
#include "core/copy/copied_files.hpp"
#include "core/copy/new_identity.hpp"
#include "core/plugin/capabilities.hpp"
#include "core/start/calls.hpp"
#include "core/start/context.hpp"
#include "core/stop/stop.hpp"
#include "core/stop/stopped.hpp"

namespace lxcx::core {
namespace {

/// What makes the new volume of the old one.
struct Duplicator {
  std::string storage_name;
  Storage* storage = nullptr;
  Copies* copies = nullptr;
  Snapshots* snapshots = nullptr;
  std::vector<Setting> settings;
  std::string source;  ///< the origin's
};

/// The plugin that the request names, else the origin's own; one that has no snapshots leaves them to an overlay, as under LXC.
Result<std::string> choose_storage(Host& host, const std::string& own, const CopyRequest& request) {
  if (!request.storage.empty()) return request.storage == "overlayfs" ? "overlay" : request.storage;
  if (!request.snapshot) return own;
  LXCX_TRY(storage, host.plugins.storage(own));
  return snapshots_of(*storage) != nullptr ? own : "overlay";
}

Failure cannot(const std::string& storage_name, const std::string& what, const std::string& hint) {
  return fail(Code::unsupported, "the storage plugin '" + storage_name + "' " + what, hint);
}

/// Empty when the origin has no root file system of its own.
Result<Duplicator> choose_duplicator(Host& host, const ContainerConfig& config, const CopyRequest& request) {
  Duplicator chosen;
  if (config.rootfs.empty()) return chosen;
  LXCX_TRY(wanted, wanted_plugins(host, config));
  LXCX_TRY(name, choose_storage(host, wanted.storage_name, request));
  LXCX_TRY(storage, host.plugins.storage(name));
  chosen.storage_name = name;
  chosen.storage = storage;
  chosen.source = wanted.storage_source;
  chosen.settings = storage_settings(host, config, name);
  if (request.snapshot) {
    chosen.snapshots = snapshots_of(*storage);
    if (chosen.snapshots == nullptr) return cannot(name, "makes no snapshots", "leave out --snapshot, or add -B overlay");
    return chosen;
  }
  if (name != wanted.storage_name)
    return cannot(name, "cannot copy what '" + wanted.storage_name + "' has", "leave out -B: the copy is of the same kind; or add --snapshot");
  chosen.copies = copies_of(*storage);
  if (chosen.copies == nullptr) return cannot(name, "makes no copies", snapshots_of(*storage) != nullptr ? "add --snapshot" : "");
  return chosen;
}

/// Under both names for as long as it stands on it.
Result<void> note_base(Host& host, NewContainer& made, const ContainerPaths& base) {
  LXCX_CHECK(add_base(host.kernel, made.paths(), base));
  made.on_failure("the entry in '" + base.directory() + "/lxc_snapshots'",
                  [&host, &made, base] { return drop_clone(host.kernel, base, made.paths()); });
  return add_clone(host.kernel, base, made.paths());
}

Result<std::string> duplicate(Host& host, NewContainer& made, const Origin& origin, const Duplicator& by, const CopyRequest& request) {
  if (request.snapshot) LXCX_CHECK(note_base(host, made, origin.paths));
  const std::string directory = origin.paths.directory();
  const Volume old{origin.paths.name, by.source, directory, origin.config.rootfs_options, origin.config.idmap};
  NewVolume volume{by.storage_name, by.storage, by.settings, 0, true, request.progress, request.cancelled};
  return made.make_volume(std::move(volume), [&](Call& call, const Volume& wanted) {
    return request.snapshot ? by.snapshots->snapshot(call, old, wanted) : by.copies->copy(call, old, wanted);
  });
}

/// Whether a source names the directory, or what is in it, however it spells the path.
bool leads_into(Kernel& kernel, const std::string& source, const ContainerPaths& container) {
  const Result<struct stat> wanted = kernel.fstatat(AT_FDCWD, container.directory().c_str(), 0);
  if (!wanted) return false;
  for (const std::string& part : split(source, ':'))
    for (std::string path = part; path.starts_with('/') && path.size() > 1; path = path.substr(0, path.rfind('/'))) {
      const Result<struct stat> found = kernel.fstatat(AT_FDCWD, path.c_str(), 0);
      if (found && found->st_dev == wanted->st_dev && found->st_ino == wanted->st_ino) return true;
    }
  return false;
}

/// Of the origin and of what that stands on, whatever the new volume still has below its own layers.
Result<void> note_bases(Host& host, NewContainer& made, const ContainerPaths& from, const std::string& source) {
  LXCX_TRY(candidates, bases_of(host.kernel, from));
  candidates.push_back(from);
  for (const ContainerPaths& base : candidates)
    if (leads_into(host.kernel, source, base)) LXCX_CHECK(note_base(host, made, base));
  return {};
}

Result<void> make_copy(Host& host, NewContainer& made, const Origin& origin, const Duplicator& by, const CopiedConfig& copied,
                       const CopyRequest& request) {
  const ContainerPaths& to = made.paths();
  std::string text = copied.text;
  if (by.storage != nullptr) {
    LXCX_TRY(source, duplicate(host, made, origin, by, request));
    LXCX_CHECK(note_bases(host, made, origin.paths, source));
    LXCX_CHECK(go_on(request.cancelled));
    LXCX_TRY(with_volume, with_rootfs(origin, copied, to, by.storage_name + ":" + source));
    text = std::move(with_volume);
  }
  LXCX_CHECK(copy_files(host, origin.paths, made.directory(), copied));
  LXCX_CHECK(made.write_config(text));
  const ConfigSource source = own_config_source(host.source, to.directory());
  LXCX_TRY(config, doing(load_config(to.config(), source, nullptr), "read back the new configuration"));
  LXCX_CHECK(give_identity(host, to, config, origin.paths.name, request));
  LXCX_CHECK(go_on(request.cancelled));
  return made.finish();
}

}  // namespace

Result<std::vector<std::string>> copy_container(Host& host, const ContainerPaths& from, const ContainerPaths& to, const CopyRequest& request) {
  LXCX_CHECK(check_name(from.name));
  LXCX_CHECK(check_new_name(to.name));
  if (from.directory() == to.directory()) return fail(Code::usage, "the new name is the old one");
  LXCX_TRY(locks, lock_stopped(host, from, to));
  if (observe(host, to).exists) return fail(Code::busy, "'" + to.name + "' is running", "pick another name");
  LXCX_TRY(origin, read_origin(host, from));
  if (request.snapshot && origin.config.ephemeral)
    return fail(Code::unsupported, "'" + from.name + "' is ephemeral: it goes when it stops, and a snapshot with it", "leave out --snapshot");
  LXCX_TRY(by, choose_duplicator(host, origin.config, request));
  LXCX_TRY(copied, copied_config(host, origin, to, request));
  // Whether the new root file system could be said at all, before there is one.
  if (by.storage != nullptr) LXCX_CHECK(with_rootfs(origin, copied, to, by.storage_name + ":" + to.directory() + "/rootfs"));
  NewContainer made(host, to, origin.config);
  LXCX_CHECK(made.begin());
  LXCX_CHECK(make_copy(host, made, origin, by, copied, request));
  return std::move(copied.warnings);
}

}  // namespace lxcx::core
