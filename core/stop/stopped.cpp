// SPDX-License-Identifier: Apache-2.0
#include "core/stop/stopped.hpp"

#include <fcntl.h>

#include "core/container/dependents.hpp"
#include "core/stop/remove.hpp"
#include "core/stop/rename.hpp"
#include "core/stop/stop.hpp"

namespace lxcx::core {

namespace {

/// Always in the same order.
Result<std::pair<ContainerLock, ContainerLock>> lock_both(Host& host, const ContainerPaths& one, const ContainerPaths& other) {
  const bool is_in_order = one.directory() < other.directory();
  LXCX_TRY(first, lock_container(host.kernel, host.root, is_in_order ? one : other));
  LXCX_TRY(second, lock_container(host.kernel, host.root, is_in_order ? other : one));
  return std::pair(std::move(first), std::move(second));
}

Result<void> refuse_undefined(Host& host, const ContainerPaths& paths) {
  if (host.kernel.faccessat(AT_FDCWD, paths.config().c_str(), F_OK, 0)) return {};
  return std::unexpected(no_container(host.kernel, paths));
}

Result<void> refuse_busy(Host& host, const ContainerPaths& paths) {
  if (runs_under_lxc(paths)) return fail(Code::busy, "'" + paths.name + "' is running under LXC", "stop it there first: lxc-stop -n " + paths.name);
  if (observe(host, paths).exists) return fail(Code::busy, "'" + paths.name + "' is running", "stop it first: lxcx stop " + paths.name);
  LXCX_TRY(creation, creation_of(host.kernel, paths));
  if (creation == Creation::going_on) return fail(Code::busy, "'" + paths.name + "' is being created");
  if (creation == Creation::cut_short)
    return fail(Code::busy, "the creation of '" + paths.name + "' was cut short", "destroy it, and create it anew");
  return {};
}

}  // namespace

Result<std::pair<ContainerLock, ContainerLock>> lock_stopped(Host& host, const ContainerPaths& from, const ContainerPaths& to) {
  LXCX_CHECK(refuse_undefined(host, from));
  LXCX_CHECK(finish_stale_teardown(host, from));
  LXCX_CHECK(finish_rename(host, from));
  LXCX_TRY(locks, lock_both(host, from, to));
  LXCX_CHECK(refuse_undefined(host, from));
  LXCX_CHECK(refuse_busy(host, from));
  return locks;
}

Result<void> refuse_dependants(Host& host, const ContainerPaths& paths, OwnSnapshots snapshots) {
  if (has_clones(host.kernel, paths))
    return fail(Code::busy, "other containers are snapshot clones of '" + paths.name + "'",
                "destroy them first; '" + paths.directory() +
                    "/lxc_snapshots' lists them, by their lxcpath and name: of one that is gone for good, " + "take both lines out");
  if (snapshots == OwnSnapshots::protect && has_snapshots(host.kernel, paths))
    return fail(Code::busy, "'" + paths.name + "' has snapshots", "destroy them first, or with it: lxcx destroy --snapshots");
  return {};
}

Result<Relocation> relocation_between(Kernel& kernel, const ContainerPaths& from, const ContainerPaths& to) {
  Relocation relocation{{{from.directory(), to.directory()}}, from.name, to.name, {}};
  LXCX_TRY(lxcpath, kernel.openat(AT_FDCWD, from.lxcpath.c_str(), O_PATH | O_DIRECTORY));
  LXCX_TRY(real, kernel.readlinkat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(lxcpath.get())).c_str()));
  if (real != from.lxcpath)
    relocation.directories.emplace_back(real + "/" + from.name, (from.lxcpath == to.lxcpath ? real : to.lxcpath) + "/" + to.name);
  return relocation;
}

}  // namespace lxcx::core
