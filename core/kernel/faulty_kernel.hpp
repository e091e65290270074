// SPDX-License-Identifier: Apache-2.0
// A kernel whose n-th call fails, counted over the whole process tree. For tests alone; no product links it.
#pragma once
#include <array>
#include <atomic>

#include "core/kernel/kernel.hpp"

namespace lxcx::core {

/// What the processes of one test share: how many calls were made, and which one was made to fail. Lives in MAP_SHARED memory.
struct FaultRecord {
  std::atomic<long> calls{0};
  std::atomic<bool> has_failed{false};
  std::array<char, 32> failed_call{};  ///< "openat"; meaningful once has_failed
  std::atomic<pid_t> failed_pid{0};
};

/// Anonymous memory (file null), or the file, made when missing, so that a program run by the test shares the count with it. Unmapped at
/// exit only.
Result<FaultRecord*> map_fault_record(const char* file);

class FaultyKernel : public Kernel {
 public:
  /// As an errno: the call is not made, and its process dies by SIGKILL.
  static constexpr int kill_caller = 0;

  /// Call number `nth` (from 1; 0: none) of all that count on `record` fails with `sys_errno`; the others are `real`'s.
  FaultyKernel(Kernel& real, FaultRecord& record, long nth, int sys_errno) : real_(real), record_(record), nth_(nth), errno_(sys_errno) {}

  Result<UniqueFd> openat(int dirfd, const char* path, int flags, mode_t mode) override;
  Result<UniqueFd> openat2(int dirfd, const char* path, int flags, mode_t mode, std::uint64_t resolve) override;
  Result<std::size_t> read(int fd, void* buffer, std::size_t size) override;
  Result<std::size_t> write(int fd, const void* data, std::size_t size) override;
  Result<struct stat> fstat(int fd) override;
  Result<struct stat> fstatat(int dirfd, const char* path, int flags) override;
  Result<struct statfs> fstatfs(int fd) override;
  Result<void> faccessat(int dirfd, const char* path, int mode, int flags) override;
  Result<void> mkdirat(int dirfd, const char* path, mode_t mode) override;
  Result<void> mknodat(int dirfd, const char* path, mode_t mode, dev_t device) override;
  Result<void> symlinkat(const char* target, int dirfd, const char* path) override;
  Result<std::string> readlinkat(int dirfd, const char* path) override;
  Result<void> unlinkat(int dirfd, const char* path, int flags) override;
  Result<void> renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) override;
  Result<void> fchown(int fd, uid_t uid, gid_t gid) override;
  Result<void> fchownat(int dirfd, const char* path, uid_t uid, gid_t gid, int flags) override;
  Result<void> fchmod(int fd, mode_t mode) override;
  Result<void> fchmodat(int dirfd, const char* path, mode_t mode) override;
  Result<void> ftruncate(int fd, off_t size) override;
  Result<void> fsync(int fd) override;
  Result<std::vector<std::string>> getdents(int fd) override;
  Result<void> flock(int fd, int operation) override;
  Result<int> ioctl(int fd, unsigned long request, void* argument) override;
  Result<UniqueFd> dup(int fd) override;
  Result<void> dup2(int fd, int onto) override;
  Result<int> fcntl(int fd, int command, long argument) override;
  Result<void> close_range(unsigned first, unsigned last, unsigned flags) override;
  Result<UniqueFd> inotify_init1(int flags) override;
  Result<int> inotify_add_watch(int fd, const char* path, std::uint32_t mask) override;
  Result<UniqueFd> memfd_create(const char* name, unsigned flags) override;
  Result<std::string> fgetxattr(int fd, const char* name) override;
  Result<void> fsetxattr(int fd, const char* name, std::string_view value) override;
  Result<void> mount(const char* source, const char* target, const char* type, unsigned long flags, const char* data) override;
  Result<void> umount2(const char* target, int flags) override;
  Result<void> pivot_root(const char* new_root, const char* put_old) override;
  Result<UniqueFd> open_tree(int dirfd, const char* path, unsigned flags) override;
  Result<void> move_mount(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) override;
  Result<UniqueFd> fsopen(const char* type) override;
  Result<void> fsconfig(int fs_fd, unsigned command, const char* key, const void* value, int aux) override;
  Result<UniqueFd> fsmount(int fs_fd, unsigned attributes) override;
  Result<void> mount_setattr(int dirfd, const char* path, unsigned flags, const mount_attr& attributes) override;
  Result<void> chroot(const char* path) override;
  Result<void> chdir(const char* path) override;
  Result<void> fchdir(int fd) override;
  Result<pid_t> clone3(const clone_args& arguments) override;
  Result<pid_t> fork() override;
  Result<void> execveat(int dirfd, const char* path, char* const argv[], char* const envp[], int flags) override;
  Result<ExitStatus> wait_pid(pid_t pid) override;
  Result<void> check_child(pid_t pid) override;
  Result<bool> wait_pidfd(int pidfd, int timeout_ms) override;
  Result<UniqueFd> pidfd_open(pid_t pid) override;
  Result<void> pidfd_send_signal(int pidfd, int signal) override;
  Result<void> kill(pid_t pid, int signal) override;
  Result<void> setns(int fd, int types) override;
  Result<void> unshare(int flags) override;
  Result<void> setsid() override;
  Result<void> setresuid(uid_t real, uid_t effective, uid_t saved) override;
  Result<void> setresgid(gid_t real, gid_t effective, gid_t saved) override;
  Result<void> setgroups(std::span<const gid_t> groups) override;
  Result<CapabilitySets> capget() override;
  Result<void> capset(const CapabilitySets& sets) override;
  Result<int> prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5) override;
  Result<void> prlimit(pid_t pid, int resource, const rlimit& limit) override;
  Result<void> personality(unsigned long persona) override;
  Result<void> sethostname(std::string_view name) override;
  Result<void> keyctl_join_session() override;
  Result<UniqueFd> seccomp_load(const sock_fprog& program, unsigned flags) override;
  Result<void> landlock_restrict_self(int ruleset_fd) override;
  Result<int> bpf(int command, bpf_attr& attributes) override;
  Result<std::pair<UniqueFd, UniqueFd>> pipe2(int flags) override;
  Result<std::pair<UniqueFd, UniqueFd>> socketpair(int type) override;
  Result<UniqueFd> socket(int domain, int type, int protocol) override;
  Result<void> bind_unix(int fd, const char* path) override;
  Result<void> connect_unix(int fd, const char* path) override;
  Result<void> listen(int fd, int backlog) override;
  Result<UniqueFd> accept(int fd) override;
  Result<Credentials> peer_credentials(int fd) override;
  Result<void> sendmsg(int fd, std::string_view bytes, std::span<const int> fds) override;
  Result<std::string> recvmsg(int fd, std::size_t limit, std::vector<UniqueFd>& fds) override;
  Result<int> poll(std::span<pollfd> fds, int timeout_ms) override;

 private:
  /// Counts; true when this call is the one.
  bool is_due(const char* call);
  Failure fault(const char* call) const { return fail_errno(errno_, std::string(call) + " (made to fail by the test)"); }

  Kernel& real_;
  FaultRecord& record_;
  const long nth_;
  const int errno_;
};

}  // namespace lxcx::core
