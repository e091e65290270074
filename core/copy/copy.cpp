// SPDX-License-Identifier: Apache-2.0
#include "core/copy/copy.hpp"

#include <fcntl.h>

#include "core/container/dependents.hpp"
#include "core/copy/copied_config.hpp"
#include "core/copy/copied_files.hpp"
#include "core/copy/new_identity.hpp"
#include "core/plugin/capabilities.hpp"
#include "core/start/calls.hpp"
#include "core/start/context.hpp"
#include "core/stop/remove.hpp"
#include "core/stop/rename.hpp"
#include "core/stop/stop.hpp"

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
  const std::string prefix = "lxcx.storage." + name + ".";
  for (Setting& setting : config.settings_with_prefix(prefix)) {
    setting.key.erase(0, prefix.size());
    chosen.settings.push_back(std::move(setting));
  }
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

Result<void> refuse_undefined(Host& host, const ContainerPaths& from) {
  if (host.kernel.faccessat(AT_FDCWD, from.config().c_str(), F_OK, 0)) return {};
  return std::unexpected(no_container(host.kernel, from));
}

Result<void> refuse_busy(Host& host, const ContainerPaths& from) {
  if (runs_under_lxc(from)) return fail(Code::busy, "'" + from.name + "' is running under LXC", "stop it there first: lxc-stop -n " + from.name);
  if (observe(host, from).exists) return fail(Code::busy, "'" + from.name + "' is running", "stop it first: lxcx stop " + from.name);
  LXCX_TRY(creation, creation_of(host.kernel, from));
  if (creation == Creation::going_on) return fail(Code::busy, "'" + from.name + "' is being created");
  if (creation == Creation::cut_short) return fail(Code::busy, "the creation of '" + from.name + "' was cut short", "destroy it, and create it anew");
  return {};
}

Result<std::string> duplicate(Host& host, NewContainer& made, const ContainerPaths& from, const ContainerConfig& config, const Duplicator& by,
                              const CopyRequest& request) {
  if (request.snapshot) {
    LXCX_CHECK(add_base(host.kernel, made.paths(), from));
    made.on_failure("the entry in '" + from.directory() + "/lxc_snapshots'",
                    [&host, &made, from] { return drop_clone(host.kernel, from, made.paths()); });
    LXCX_CHECK(add_clone(host.kernel, from, made.paths()));
  }
  const std::string directory = from.directory();
  const Volume origin{from.name, by.source, directory, config.rootfs_options, config.idmap};
  NewVolume volume{by.storage_name, by.storage, by.settings, 0, request.progress, request.cancelled};
  return made.make_volume(std::move(volume), [&](Call& call, const Volume& wanted) {
    return request.snapshot ? by.snapshots->snapshot(call, origin, wanted) : by.copies->copy(call, origin, wanted);
  });
}

/// A copy that is a snapshot clone's stands on what that stands on: it has the same layers below its own.
Result<void> inherit_bases(Host& host, const ContainerPaths& from, NewContainer& made, const CopyRequest& request) {
  if (request.snapshot) return {};
  LXCX_TRY(bases, bases_of(host.kernel, from));
  for (const ContainerPaths& base : bases) {
    LXCX_CHECK(add_base(host.kernel, made.paths(), base));
    made.on_failure("the entry in '" + base.directory() + "/lxc_snapshots'",
                    [&host, &made, base] { return drop_clone(host.kernel, base, made.paths()); });
    LXCX_CHECK(add_clone(host.kernel, base, made.paths()));
  }
  return {};
}

Result<void> make_copy(Host& host, const ContainerPaths& from, NewContainer& made, const ContainerConfig& config, const Duplicator& by,
                       CopiedConfig& copied, const CopyRequest& request) {
  LXCX_CHECK(inherit_bases(host, from, made, request));
  std::string text = copied.text;
  if (by.storage != nullptr) {
    LXCX_TRY(source, duplicate(host, made, from, config, by, request));
    LXCX_CHECK(go_on(request.cancelled));
    LXCX_TRY(with_volume, with_rootfs(host, copied, made.paths(), by.storage_name + ":" + source));
    text = std::move(with_volume);
  }
  LXCX_CHECK(copy_files(host, from, made.directory(), copied));
  LXCX_CHECK(made.write_config(text));
  LXCX_TRY(new_config, doing(load_config(made.paths().config(), host.source, nullptr), "read back the new configuration"));
  LXCX_CHECK(give_identity(host, made.paths(), new_config, from.name, request));
  LXCX_CHECK(go_on(request.cancelled));
  return made.finish();
}

/// Which of two is locked first is the same for everybody.
Result<std::pair<ContainerLock, ContainerLock>> lock_both(Host& host, const ContainerPaths& one, const ContainerPaths& other) {
  const bool is_in_order = one.directory() < other.directory();
  LXCX_TRY(first, lock_container(host.kernel, host.root, is_in_order ? one : other));
  LXCX_TRY(second, lock_container(host.kernel, host.root, is_in_order ? other : one));
  return std::pair(std::move(first), std::move(second));
}

}  // namespace

Result<std::vector<std::string>> copy_container(Host& host, const ContainerPaths& from, const ContainerPaths& to, const CopyRequest& request) {
  LXCX_CHECK(check_name(from.name));
  LXCX_CHECK(check_new_name(to.name));
  if (from.directory() == to.directory()) return fail(Code::usage, "the new name is the old one");
  LXCX_CHECK(refuse_undefined(host, from));
  LXCX_CHECK(finish_stale_teardown(host, from));
  LXCX_CHECK(finish_rename(host, from));
  LXCX_TRY(locks, lock_both(host, from, to));
  LXCX_CHECK(refuse_undefined(host, from));
  LXCX_CHECK(refuse_busy(host, from));
  if (observe(host, to).exists) return fail(Code::busy, "'" + to.name + "' is running", "pick another name");
  LXCX_TRY(config, load_config(from.config(), own_config_source(host.source, from.directory()), nullptr));
  LXCX_TRY(by, choose_duplicator(host, config, request));
  LXCX_TRY(copied, copied_config(host, from, to, config, request));
  // Whether the new root file system could be said at all, before there is one.
  if (by.storage != nullptr) LXCX_CHECK(with_rootfs(host, copied, to, by.storage_name + ":" + to.directory() + "/rootfs"));
  NewContainer made(host, to, config);
  LXCX_CHECK(made.begin());
  LXCX_CHECK(make_copy(host, from, made, config, by, copied, request));
  return std::move(copied.warnings);
}

}  // namespace lxcx::core
