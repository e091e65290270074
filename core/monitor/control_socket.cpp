// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include "core/monitor/control_exchange.hpp"
#include "core/monitor/monitor.hpp"

namespace lxcx::core {

// unix(7): sun_path holds 107 bytes; the magic link is short however long the run directory's path is.
std::string control_path(int run_dirfd) { return "/proc/self/fd/" + std::to_string(run_dirfd) + "/control"; }

namespace {

/// A monitor that was killed leaves its socket behind; the one that adopts the container takes its place.
Result<void> remove_stale(Kernel& kernel, int run_dirfd) {
  const Result<struct stat> status = kernel.fstatat(run_dirfd, "control", AT_SYMLINK_NOFOLLOW);
  if (!status) return status.error().sys_errno == ENOENT ? Result<void>{} : Result<void>(Failure(status.error()));
  if (!S_ISSOCK(status->st_mode)) return fail(Code::internal, "'control' in the run directory is not a socket");
  return kernel.unlinkat(run_dirfd, "control", 0);
}

}  // namespace

Result<UniqueFd> make_control_socket(Kernel& kernel, int run_dirfd) {
  constexpr int backlog = 32;
  LXCX_CHECK(doing(remove_stale(kernel, run_dirfd), "make the control socket"));
  LXCX_TRY(socket, kernel.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  LXCX_CHECK(doing(kernel.bind_unix(socket.get(), control_path(run_dirfd).c_str()), "make the control socket"));
  Result<void> made = kernel.fchmodat(run_dirfd, "control", 0600);
  if (made) made = kernel.listen(socket.get(), backlog);
  if (made) return socket;
  (void)kernel.unlinkat(run_dirfd, "control", 0);
  return Failure(doing(std::move(made), "make the control socket").error());
}

}  // namespace lxcx::core
