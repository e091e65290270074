// SPDX-License-Identifier: Apache-2.0
// The kernel as an interface: one method per system call, named and ordered as in its man page. errno is read in its implementation and
// nowhere else; there is no policy here. RealKernel makes the calls; FaultyKernel makes the n-th one fail.
//
// Every failure is an Error whose sys_errno is set and whose message names the call and its object: "openat '/x/y'". EINTR is retried
// where that is safe. Paths are `const char*` so that no call allocates on success; nothing here allocates between clone3 and exec unless
// its comment says so.
#pragma once
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "lxcx/result.hpp"

union bpf_attr;     // <linux/bpf.h>
struct clone_args;  // <linux/sched.h>
struct mount_attr;  // <linux/mount.h>
struct sock_fprog;  // <linux/filter.h>

namespace lxcx::core {

/// What waitid(2) says of an ended process.
struct ExitStatus {
  bool signalled = false;
  int value = 0;  ///< exit code, or signal number
  /// As a shell reports it: the code, or 128 + the signal.
  int as_shell() const { return signalled ? 128 + value : value; }
};

struct Credentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct CapabilitySets {
  std::uint64_t effective = 0, permitted = 0, inheritable = 0;
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  // --- files ---
  virtual Result<UniqueFd> openat(int dirfd, const char* path, int flags, mode_t mode = 0) = 0;  ///< O_CLOEXEC is always added
  virtual Result<UniqueFd> openat2(int dirfd, const char* path, int flags, mode_t mode, std::uint64_t resolve) = 0;
  virtual Result<std::size_t> read(int fd, void* buffer, std::size_t size) = 0;
  virtual Result<std::size_t> write(int fd, const void* data, std::size_t size) = 0;
  virtual Result<struct stat> fstat(int fd) = 0;
  virtual Result<struct stat> fstatat(int dirfd, const char* path, int flags) = 0;
  virtual Result<struct statfs> fstatfs(int fd) = 0;
  virtual Result<void> faccessat(int dirfd, const char* path, int mode, int flags) = 0;
  virtual Result<void> mkdirat(int dirfd, const char* path, mode_t mode) = 0;
  virtual Result<void> mknodat(int dirfd, const char* path, mode_t mode, dev_t device) = 0;
  virtual Result<void> symlinkat(const char* target, int dirfd, const char* path) = 0;
  virtual Result<std::string> readlinkat(int dirfd, const char* path) = 0;  ///< allocates
  virtual Result<void> unlinkat(int dirfd, const char* path, int flags) = 0;
  virtual Result<void> renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) = 0;
  virtual Result<void> fchown(int fd, uid_t uid, gid_t gid) = 0;
  virtual Result<void> fchownat(int dirfd, const char* path, uid_t uid, gid_t gid, int flags) = 0;
  virtual Result<void> fchmod(int fd, mode_t mode) = 0;
  virtual Result<void> fchmodat(int dirfd, const char* path, mode_t mode) = 0;
  virtual Result<void> ftruncate(int fd, off_t size) = 0;
  virtual Result<void> fsync(int fd) = 0;
  virtual Result<std::vector<std::string>> getdents(int fd) = 0;  ///< all names but . and .., unsorted; allocates
  virtual Result<void> flock(int fd, int operation) = 0;          ///< EWOULDBLOCK becomes Code::busy
  virtual Result<int> ioctl(int fd, unsigned long request, void* argument) = 0;
  virtual Result<UniqueFd> dup(int fd) = 0;                         ///< close-on-exec
  virtual Result<void> dup2(int fd, int onto) = 0;                  ///< `onto` survives exec
  virtual Result<int> fcntl(int fd, int command, long argument) = 0;
  virtual Result<void> close_range(unsigned first, unsigned last, unsigned flags) = 0;
  virtual Result<UniqueFd> inotify_init1(int flags) = 0;                                          ///< IN_CLOEXEC is always added
  virtual Result<int> inotify_add_watch(int fd, const char* path, std::uint32_t mask) = 0;  ///< the watch descriptor
  virtual Result<UniqueFd> memfd_create(const char* name, unsigned flags) = 0;
  virtual Result<std::string> fgetxattr(int fd, const char* name) = 0;  ///< ENODATA: there is none. Allocates
  virtual Result<void> fsetxattr(int fd, const char* name, std::string_view value) = 0;

  // --- mounts ---
  virtual Result<void> mount(const char* source, const char* target, const char* type, unsigned long flags, const char* data) = 0;
  virtual Result<void> umount2(const char* target, int flags) = 0;
  virtual Result<void> pivot_root(const char* new_root, const char* put_old) = 0;
  virtual Result<UniqueFd> open_tree(int dirfd, const char* path, unsigned flags) = 0;
  virtual Result<void> move_mount(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) = 0;
  virtual Result<UniqueFd> fsopen(const char* type) = 0;
  virtual Result<void> fsconfig(int fs_fd, unsigned command, const char* key, const void* value,
                                int aux) = 0;  ///< the kernel's own messages join the error
  virtual Result<UniqueFd> fsmount(int fs_fd, unsigned attributes) = 0;
  virtual Result<void> mount_setattr(int dirfd, const char* path, unsigned flags, const mount_attr& attributes) = 0;
  virtual Result<void> chroot(const char* path) = 0;
  virtual Result<void> chdir(const char* path) = 0;
  virtual Result<void> fchdir(int fd) = 0;

  // --- processes ---
  virtual Result<pid_t> clone3(const clone_args& arguments) = 0;  ///< 0 in the child; fork(2)'s rules for what the child may do
  virtual Result<pid_t> fork() = 0;
  virtual Result<void> execveat(int dirfd, const char* path, char* const argv[], char* const envp[], int flags) = 0;  ///< returns only to fail
  virtual Result<ExitStatus> wait_pid(pid_t pid) = 0;              ///< a child of ours, until it ends
  virtual Result<void> check_child(pid_t pid) = 0;                 ///< waitid(2) that takes nothing: ECHILD when it is no child of ours
  virtual Result<bool> wait_pidfd(int pidfd, int timeout_ms) = 0;  ///< any process; true once it has ended; -1: for ever
  virtual Result<UniqueFd> pidfd_open(pid_t pid) = 0;
  virtual Result<void> pidfd_send_signal(int pidfd, int signal) = 0;
  virtual Result<void> kill(pid_t pid, int signal) = 0;
  virtual Result<void> setns(int fd, int types) = 0;
  virtual Result<void> unshare(int flags) = 0;
  virtual Result<void> setsid() = 0;
  virtual Result<void> setresuid(uid_t real, uid_t effective, uid_t saved) = 0;
  virtual Result<void> setresgid(gid_t real, gid_t effective, gid_t saved) = 0;
  virtual Result<void> setgroups(std::span<const gid_t> groups) = 0;
  virtual Result<CapabilitySets> capget() = 0;
  virtual Result<void> capset(const CapabilitySets& sets) = 0;
  virtual Result<int> prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5) = 0;
  virtual Result<void> prlimit(pid_t pid, int resource, const rlimit& limit) = 0;
  virtual Result<void> personality(unsigned long persona) = 0;
  virtual Result<void> sethostname(std::string_view name) = 0;
  virtual Result<void> keyctl_join_session() = 0;  ///< a new, anonymous session keyring
  virtual Result<UniqueFd> seccomp_load(const sock_fprog& program, unsigned flags) = 0;  ///< the listener, if the flags ask for one, else empty
  virtual Result<void> landlock_restrict_self(int ruleset_fd) = 0;
  virtual Result<int> bpf(int command, bpf_attr& attributes) = 0;  ///< an fd the caller owns, or 0, as the command has it

  // --- pipes, sockets ---
  virtual Result<std::pair<UniqueFd, UniqueFd>> pipe2(int flags) = 0;
  virtual Result<std::pair<UniqueFd, UniqueFd>> socketpair(int type) = 0;  ///< AF_UNIX
  virtual Result<UniqueFd> socket(int domain, int type, int protocol) = 0;
  virtual Result<void> bind_unix(int fd, const char* path) = 0;
  virtual Result<void> connect_unix(int fd, const char* path) = 0;
  virtual Result<void> listen(int fd, int backlog) = 0;
  virtual Result<UniqueFd> accept(int fd) = 0;
  virtual Result<Credentials> peer_credentials(int fd) = 0;
  /// One message with at most 16 fds; MSG_NOSIGNAL. Partial sends are an error (SOCK_SEQPACKET).
  virtual Result<void> sendmsg(int fd, std::string_view bytes, std::span<const int> fds) = 0;
  /// Returns the bytes, and the fds that came along, close-on-exec. Empty: the peer closed. Allocates.
  virtual Result<std::string> recvmsg(int fd, std::size_t limit, std::vector<UniqueFd>& fds) = 0;
  virtual Result<int> poll(std::span<pollfd> fds, int timeout_ms) = 0;  ///< how many are ready
};

/// The machine's own kernel. Stateless; thread-safe.
Kernel& real_kernel();

}  // namespace lxcx::core
