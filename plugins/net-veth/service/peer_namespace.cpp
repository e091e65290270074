// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/peer_namespace.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "lxcx/fd.hpp"

namespace lxcx::net::service {
namespace {

constexpr int deepest_nesting = 33;  // create_user_ns() in the kernel's kernel/user_namespace.c
constexpr const char* hint = "a container gets a device from the user who started it";

struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const Identity&) const = default;
};

Result<Identity> identity_of(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return fail_errno(errno, "fstat of a namespace");
  return Identity{status.st_dev, status.st_ino};
}

Result<Identity> own_namespace(const char* path) {
  const Fd own(::open(path, O_RDONLY | O_CLOEXEC));
  if (!own) return fail_errno(errno, std::string("open '") + path + "'");
  return identity_of(own.get());
}

/// The file may be one of a FUSE server of the peer's, which answers fstat(2) and ioctl(2) when it likes. statx(2) with an empty mask is answered
/// from what the kernel has; all namespaces are on one file system of the kernel's own.
bool is_of_file_system(int fd, dev_t device) {
  struct statx status{};
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &status) != 0) return false;
  return makedev(status.stx_dev_major, status.stx_dev_minor) == device;
}

Result<void> check_owner(Fd userns, const Identity& own, uid_t user) {
  for (int level = 0; level < deepest_nesting; ++level) {
    const Fd parent(::ioctl(userns.get(), NS_GET_PARENT));
    if (!parent) break;
    LXCX_TRY(above, identity_of(parent.get()));
    if (above == own) {
      uid_t owner = 0;
      if (::ioctl(userns.get(), NS_GET_OWNER_UID, &owner) != 0) return fail_errno(errno, "ioctl NS_GET_OWNER_UID");
      if (owner == user) return {};
      break;
    }
    userns.reset(::fcntl(parent.get(), F_DUPFD_CLOEXEC, 0));
  }
  return fail(Code::denied, "that network namespace belongs to another user", hint);
}

}  // namespace

Result<void> check_namespace_of(int fd, uid_t user) {
  LXCX_TRY(own_net, own_namespace("/proc/self/ns/net"));
  LXCX_TRY(own_user, own_namespace("/proc/self/ns/user"));
  if (fd < 0) return fail(Code::denied, "no network namespace came with the request", hint);
  if (!is_of_file_system(fd, own_net.device) || ::ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
    return fail(Code::denied, "what came with the request is no network namespace", hint);
  LXCX_TRY(given, identity_of(fd));
  if (given == own_net) return fail(Code::denied, "that is the host's own network namespace", hint);
  Fd userns(::ioctl(fd, NS_GET_USERNS));
  if (!userns) return fail_errno(errno, "ioctl NS_GET_USERNS", hint);
  LXCX_TRY(owning, identity_of(userns.get()));
  if (owning == own_user) return fail(Code::denied, "that network namespace belongs to root", hint);
  return check_owner(std::move(userns), own_user, user);
}

}  // namespace lxcx::net::service
