// SPDX-License-Identifier: Apache-2.0
#include "core/stop/remove.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "core/base/text.hpp"
#include "core/container/dependents.hpp"
#include "core/start/calls.hpp"
#include "core/start/context.hpp"
#include "core/stop/rename.hpp"
#include "core/stop/stop.hpp"
#include "core/stop/stopped.hpp"
#include "lxcx/mount_table.hpp"

namespace lxcx::core {

namespace {

/// What tells that this is a container, or was to become one, goes last: a removal that fails half-way can then be tried again.
void put_last(std::vector<std::string>& names) {
  std::ranges::stable_partition(names, [](const std::string& name) { return name != "config" && name != "partial" && name != storage_records; });
}

/// Nothing when it cannot be read, or is no directory.
std::optional<std::size_t> count_entries(Kernel& kernel, const std::string& path) {
  const Result<UniqueFd> fd = kernel.openat(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd) return std::nullopt;
  const Result<std::vector<std::string>> names = kernel.getdents(fd->get());
  return names ? std::optional(names->size()) : std::nullopt;
}

/// What a removal leaves that failed in its very last call: an empty directory. One that something is mounted on is not ours.
bool is_last_trace(Kernel& kernel, const ContainerPaths& paths) { return count_entries(kernel, paths.directory()) == 0U; }

Result<void> refuse_no_container(Host& host, const ContainerPaths& paths) {
  const auto exists = [&](const std::string& path) { return host.kernel.faccessat(AT_FDCWD, path.c_str(), F_OK, 0).has_value(); };
  if (exists(paths.config()) || exists(paths.partial()) || is_last_trace(host.kernel, paths)) return {};
  Error error = no_container(host.kernel, paths);
  if (error.code == Code::denied || !exists(paths.directory())) return std::unexpected(std::move(error));
  return fail(Code::not_found, "'" + paths.directory() + "' is no container: it has no configuration",
              "remove the directory by hand if it is not needed");
}

/// Nothing when the volume lies in the directory, or when there is none: a container may be started by its configuration file alone.
Result<std::optional<Journal>> creation_records(Kernel& kernel, const ContainerPaths& paths) {
  const Result<UniqueFd> home = kernel.openat(AT_FDCWD, paths.directory().c_str(), O_RDONLY | O_DIRECTORY);
  if (!home && home.error().sys_errno == ENOENT) return std::nullopt;
  if (!home) return std::unexpected(home.error());
  Result<Journal> journal = Journal::open(kernel, home->get(), false, std::string(storage_records).c_str());
  if (!journal && journal.error().sys_errno == ENOENT) return std::nullopt;
  if (!journal) return std::unexpected(std::move(journal).error());
  return std::optional<Journal>(std::move(*journal));
}

Failure mounted_on(const std::string& name) {
  return fail(Code::busy, "something is mounted on '" + name + "' inside the container's directory", "unmount it first");
}

/// What is bound below may be another directory of the same file system, which nothing else would tell: found before anything is removed.
Result<void> refuse_mounts(Kernel& kernel, const ContainerPaths& paths) {
  const Result<UniqueFd> home = kernel.openat(AT_FDCWD, paths.directory().c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  // A container may be defined by its configuration alone.
  if (!home) return home.error().sys_errno == ENOENT ? Result<void>{} : Result<void>(std::unexpected(home.error()));
  if (const std::string mount = mount_below(home->get()); !mount.empty())
    return fail(Code::busy, "something is mounted on '" + mount + "', inside the container's directory", "unmount it first: umount '" + mount + "'");
  return {};
}

/// The container's own directory, and what is noted of it in others: first of all, since what it stood on serves nothing any more.
Result<void> remove_directory(Host& host, const ContainerPaths& paths) {
  const Result<std::vector<ContainerPaths>> bases = bases_of(host.kernel, paths);
  if (!bases) host.log.warn("what '" + paths.name + "' stood on cannot be told: " + bases.error().message);
  for (const ContainerPaths& base : bases.value_or(std::vector<ContainerPaths>{}))
    if (const Result<void> dropped = drop_clone(host.kernel, base, paths); !dropped)
      host.log.warn("'" + base.name + "' still lists '" + paths.name + "' among its clones: " + dropped.error().message);
  LXCX_TRY(parent, host.kernel.openat(AT_FDCWD, paths.lxcpath.c_str(), O_PATH | O_DIRECTORY));
  return remove_tree(host.kernel, parent.get(), paths.name);
}

}  // namespace

bool has_snapshots(Kernel& kernel, const ContainerPaths& paths) { return count_entries(kernel, paths.directory() + "/snaps").value_or(0) > 0; }

Result<void> remove_children(Kernel& kernel, int dirfd) {
  LXCX_TRY(names, kernel.getdents(dirfd));
  put_last(names);
  for (const std::string& name : names) {
    LXCX_TRY(status, kernel.fstatat(dirfd, name.c_str(), AT_SYMLINK_NOFOLLOW));
    if (!S_ISDIR(status.st_mode)) {
      LXCX_CHECK(kernel.unlinkat(dirfd, name.c_str(), 0));
      continue;
    }
    Result<UniqueFd> child = kernel.openat2(dirfd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE_NO_XDEV);
    if (!child && child.error().sys_errno == EXDEV) return mounted_on(name);
    if (!child) return std::unexpected(std::move(child).error());
    LXCX_CHECK(remove_children(kernel, child->get()));
    LXCX_CHECK(kernel.unlinkat(dirfd, name.c_str(), AT_REMOVEDIR));
  }
  return {};
}

Result<void> remove_tree(Kernel& kernel, int parent_dirfd, const std::string& name) {
  Result<UniqueFd> fd = kernel.openat(parent_dirfd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd) return fd.error().sys_errno == ENOENT ? Result<void>{} : Result<void>(std::unexpected(std::move(fd).error()));
  LXCX_CHECK(remove_children(kernel, fd->get()));
  return kernel.unlinkat(parent_dirfd, name.c_str(), AT_REMOVEDIR);
}

Result<void> remove_container(Host& host, const ContainerPaths& paths, const ContainerConfig& config) {
  if (config.rootfs_managed) LXCX_CHECK(refuse_mounts(host.kernel, paths));
  StartContext context(host, paths, config);
  context.config.nics.clear();  // which have none now, and whose mistakes keep nothing from being removed
  LXCX_TRY(wanted, wanted_plugins(host, context.config));
  context.plugins.storage_name = wanted.storage_name;
  context.plugins.storage_source = wanted.storage_source;
  LXCX_TRY(loaded, load_plugins(host, context.config));
  context.plugins = std::move(loaded);
  LXCX_CHECK(run_event(context, LXCX_EVENT_DESTROY));
  if (!config.rootfs_managed) return {};
  if (context.plugins.storage != nullptr) {
    LXCX_TRY(journal, creation_records(host.kernel, paths));
    std::optional<JournalScope> records;
    if (journal) records.emplace(*journal, "storage");
    HostCall call(storage_call(context, records ? &*records : nullptr));
    Call view = call.call();
    const std::string directory = paths.directory();
    LXCX_CHECK(doing(context.plugins.storage->destroy(view, volume(context, directory)), "storage plugin '" + context.plugins.storage_name + "'"));
  }
  return remove_directory(host, paths);
}

Result<void> remove_unfinished(Host& host, const ContainerPaths& paths) {
  LXCX_CHECK(refuse_mounts(host.kernel, paths));
  const std::string directory_path = paths.directory();
  LXCX_TRY(parent, host.kernel.openat(AT_FDCWD, paths.lxcpath.c_str(), O_PATH | O_DIRECTORY));
  LXCX_TRY(directory, host.kernel.openat(parent.get(), paths.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  LXCX_TRY(partial, Journal::open(host.kernel, directory.get(), false, "partial"));
  if (const std::string* storage_name = partial.last(create_scope, "storage")) {
    const std::string name = *storage_name;
    LXCX_TRY(storage, host.plugins.storage(name));
    JournalScope records(partial, "storage");
    HostCall::Inputs inputs;
    inputs.log = &host.log;
    inputs.who = "storage '" + name + "'";
    for (const JournalEntry& entry : partial.entries())
      if (entry.scope == create_setting_scope) inputs.settings.push_back({entry.key, entry.value, {}});
    inputs.records = &records;
    HostCall call(std::move(inputs));
    Call view = call.call();
    Volume made{paths.name, {}, directory_path, {}, {}};
    std::string source;
    if (const std::string* known = partial.last(create_scope, "source")) {
      source = *known;
    } else if (partial.last(create_scope, "duplicate") == nullptr) {
      // Killed inside the plugin's create. With its own records that can be completed, and then destroyed (requirement S-7); what copy or
      // snapshot left is destroyed by its records alone (S-20).
      const std::string* size = partial.last(create_scope, "size");
      LXCX_TRY(completed, doing(storage->create(view, made, static_cast<std::uint64_t>(size != nullptr ? parse_integer(*size).value_or(0) : 0)),
                                "complete the volume"));
      source = std::move(completed);
    }
    made.source = source;
    LXCX_CHECK(doing(storage->destroy(view, made), "storage plugin '" + name + "'"));
  }
  return remove_directory(host, paths);
}

Result<void> destroy_container(Host& host, const ContainerPaths& paths, const DestroyRequest& request) {
  LXCX_CHECK(check_name(paths.name));
  LXCX_CHECK(refuse_no_container(host, paths));
  if (runs_under_lxc(paths)) return fail(Code::busy, "'" + paths.name + "' is running under LXC", "stop it there first: lxc-stop -n " + paths.name);
  LXCX_CHECK(finish_stale_teardown(host, paths));
  LXCX_CHECK(finish_rename(host, paths));
  if (observe(host, paths).exists) {
    if (!request.force) return fail(Code::busy, "'" + paths.name + "' is running", "stop it first, or add --force");
    StopRequest stop;
    stop.name = paths.name;
    stop.kill = true;
    LXCX_CHECK(stop_container(host, paths, stop));
    // An ephemeral container went with its stop.
    if (!host.kernel.faccessat(AT_FDCWD, paths.directory().c_str(), F_OK, 0)) return {};
  }
  LXCX_TRY(lock, lock_container(host.kernel, host.root, paths));
  LXCX_CHECK(refuse_dependants(host, paths, request.snapshots ? OwnSnapshots::go_too : OwnSnapshots::protect));
  if (observe(host, paths).exists) return fail(Code::busy, "'" + paths.name + "' was started meanwhile");
  LXCX_TRY(creation, creation_of(host.kernel, paths));
  if (creation == Creation::going_on) return fail(Code::busy, "'" + paths.name + "' is being created");
  if (is_last_trace(host.kernel, paths)) return host.kernel.unlinkat(AT_FDCWD, paths.directory().c_str(), AT_REMOVEDIR);
  if (creation == Creation::cut_short) return remove_unfinished(host, paths);
  LXCX_TRY(config, hinting(load_config(paths.config(), own_config_source(host.source, paths.directory()), nullptr),
                           "mend it first: without it nobody knows what belongs to the container"));
  return remove_container(host, paths, config);
}

}  // namespace lxcx::core
