// SPDX-License-Identifier: Apache-2.0
#include "core/unshare/own_namespace.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/error_frame.hpp"
#include "core/kernel/files.hpp"
#include "core/unshare/map_helper.hpp"
#include "core/unshare/unshare.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t longest_error = 64 * 1024;

struct OwnMaps {
  std::string users, groups;
};

/// Each id as itself: "1000 1000 1\n100000 100000 65536\n".
Result<OwnMaps> own_maps(Kernel& kernel) {
  LXCX_TRY(maps, all_subordinate_maps(kernel));
  for (IdMapping& map : maps) map.inside = map.outside;
  maps.push_back({false, ::geteuid(), ::geteuid(), 1});
  maps.push_back({true, ::getegid(), ::getegid(), 1});
  return OwnMaps{map_text(maps, false), map_text(maps, true)};
}

/// In a child, which stays outside: once told, has the maps of `process` written, and says what went wrong.
[[noreturn]] void map_from_outside(Kernel& kernel, pid_t process, const OwnMaps& maps, UniqueFd go, UniqueFd errors) {
  char word = 0;
  const Result<std::size_t> told = kernel.read(go.get(), &word, 1);
  if (!told || *told != 1) ::_exit(1);
  Result<void> done = run_map_helper(kernel, false, process, maps.users);
  if (done) done = run_map_helper(kernel, true, process, maps.groups);
  if (!done) (void)write_all(kernel, errors.get(), pack_error(done.error()));
  ::_exit(0);
}

Result<void> make_namespace(Kernel& kernel) {
  LXCX_TRY(maps, own_maps(kernel));
  LXCX_TRY(go, kernel.pipe2(0));
  LXCX_TRY(errors, kernel.pipe2(0));
  const pid_t self = ::getpid();
  LXCX_TRY(child, kernel.fork());
  if (child == 0) {
    go.second.reset();
    errors.first.reset();
    map_from_outside(kernel, self, maps, std::move(go.first), std::move(errors.second));
  }
  go.first.reset();
  errors.second.reset();
  Result<void> made = kernel.unshare(CLONE_NEWUSER | CLONE_NEWNS);
  if (!made && (made.error().sys_errno == EPERM || made.error().sys_errno == ENOSPC)) {
    made.error().code = Code::denied;
    made.error().hint = "ordinary users may not make user namespaces here: `lxcx doctor` looks, and says what would allow it";
  }
  if (made) made = write_all(kernel, go.second.get(), "g");
  go.second.reset();
  const Result<std::string> error = read_all(kernel, errors.first.get(), longest_error);
  const Result<ExitStatus> ended = kernel.wait_pid(child);
  if (!made) return made;
  if (!error) return std::unexpected(error.error());
  if (!error->empty()) return Failure(unpack_error(*error));
  if (!ended) return std::unexpected(ended.error());
  if (ended->as_shell() != 0)
    return fail(Code::internal, "the process that has the ids mapped ended with status " + std::to_string(ended->as_shell()));
  return {};
}

Result<void> join(Kernel& kernel, int namespace_fd) {
  LXCX_CHECK(kernel.setns(namespace_fd, CLONE_NEWUSER));
  return kernel.unshare(CLONE_NEWNS);
}

Result<UniqueFd> namespace_of(Kernel& kernel, pid_t process) {
  return kernel.openat(AT_FDCWD, ("/proc/" + std::to_string(process) + "/ns/user").c_str(), O_RDONLY);
}

/// The parent of init's user namespace belongs to whoever started it.
Result<void> join_namespace_of(Kernel& kernel, pid_t init) {
  LXCX_TRY(inner, namespace_of(kernel, init));
  LXCX_TRY(parent, kernel.ioctl(inner.get(), NS_GET_PARENT, nullptr));
  const UniqueFd outer(parent);
  return join(kernel, outer.get());
}

Result<void> join_monitor(Kernel& kernel, pid_t monitor) {
  LXCX_TRY(own, namespace_of(kernel, monitor));
  return join(kernel, own.get());
}

Result<void> keep_capabilities_over_exec(Kernel& kernel) {
  LXCX_TRY(sets, kernel.capget());
  sets.inheritable = sets.permitted;
  LXCX_CHECK(kernel.capset(sets));
  for (unsigned long capability = 0; capability < 64; ++capability)
    if (((sets.permitted >> capability) & 1U) != 0) LXCX_CHECK(kernel.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0));
  return {};
}

}  // namespace

Result<void> enter_own_namespace(Kernel& kernel, const NamespaceHolders& holders) {
  const auto enter = [&] {
    if (holders.init > 0) return join_namespace_of(kernel, holders.init);
    return holders.monitor > 0 ? join_monitor(kernel, holders.monitor) : make_namespace(kernel);
  };
  LXCX_CHECK(doing(enter(), "become root of your own containers"));
  LXCX_CHECK(doing(kernel.mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr), "keep mounts to this command"));
  return doing(keep_capabilities_over_exec(kernel), "keep the capabilities for programs");
}

}  // namespace lxcx::core
