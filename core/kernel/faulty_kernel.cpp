// SPDX-License-Identifier: Apache-2.0
#include "core/kernel/faulty_kernel.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <new>

namespace lxcx::core {

static_assert(std::atomic<long>::is_always_lock_free, "a lock would not be shared between processes");

Result<FaultRecord*> map_fault_record(const char* file) {
  UniqueFd backing;
  if (file) {
    LXCX_TRY(opened, real_kernel().openat(AT_FDCWD, file, O_RDWR | O_CREAT, 0600));
    LXCX_CHECK(real_kernel().ftruncate(opened.get(), sizeof(FaultRecord)));  // new bytes are zero: a valid record
    backing = std::move(opened);
  }
  const int flags = MAP_SHARED | (file ? 0 : MAP_ANONYMOUS);
  void* memory = ::mmap(nullptr, sizeof(FaultRecord), PROT_READ | PROT_WRITE, flags, backing.get(), 0);
  if (memory == MAP_FAILED) return fail_errno(errno, "mmap of the fault record");
  return file ? std::launder(static_cast<FaultRecord*>(memory)) : new (memory) FaultRecord;
}

bool FaultyKernel::is_due(const char* call) {
  if (record_.calls.fetch_add(1) + 1 != nth_) return false;
  std::strncpy(record_.failed_call.data(), call, record_.failed_call.size() - 1);
  record_.failed_pid = ::getpid();
  record_.has_failed = true;
  if (errno_ == kill_caller) {
    (void)::kill(::getpid(), SIGKILL);
    ::_exit(128 + SIGKILL);  // the init of a pid namespace is deaf to its own signals
  }
  return true;
}

// Every method of the interface, in its order: count, then fail or pass on.

Result<UniqueFd> FaultyKernel::openat(int dirfd, const char* path, int flags, mode_t mode) {
  if (is_due("openat")) return fault("openat");
  return real_.openat(dirfd, path, flags, mode);
}

Result<UniqueFd> FaultyKernel::openat2(int dirfd, const char* path, int flags, mode_t mode, std::uint64_t resolve) {
  if (is_due("openat2")) return fault("openat2");
  return real_.openat2(dirfd, path, flags, mode, resolve);
}

Result<std::size_t> FaultyKernel::read(int fd, void* buffer, std::size_t size) {
  if (is_due("read")) return fault("read");
  return real_.read(fd, buffer, size);
}

Result<std::size_t> FaultyKernel::write(int fd, const void* data, std::size_t size) {
  if (is_due("write")) return fault("write");
  return real_.write(fd, data, size);
}

Result<struct stat> FaultyKernel::fstat(int fd) {
  if (is_due("fstat")) return fault("fstat");
  return real_.fstat(fd);
}

Result<struct stat> FaultyKernel::fstatat(int dirfd, const char* path, int flags) {
  if (is_due("fstatat")) return fault("fstatat");
  return real_.fstatat(dirfd, path, flags);
}

Result<struct statfs> FaultyKernel::fstatfs(int fd) {
  if (is_due("fstatfs")) return fault("fstatfs");
  return real_.fstatfs(fd);
}

Result<void> FaultyKernel::faccessat(int dirfd, const char* path, int mode, int flags) {
  if (is_due("faccessat")) return fault("faccessat");
  return real_.faccessat(dirfd, path, mode, flags);
}

Result<void> FaultyKernel::mkdirat(int dirfd, const char* path, mode_t mode) {
  if (is_due("mkdirat")) return fault("mkdirat");
  return real_.mkdirat(dirfd, path, mode);
}

Result<void> FaultyKernel::mknodat(int dirfd, const char* path, mode_t mode, dev_t device) {
  if (is_due("mknodat")) return fault("mknodat");
  return real_.mknodat(dirfd, path, mode, device);
}

Result<void> FaultyKernel::symlinkat(const char* target, int dirfd, const char* path) {
  if (is_due("symlinkat")) return fault("symlinkat");
  return real_.symlinkat(target, dirfd, path);
}

Result<std::string> FaultyKernel::readlinkat(int dirfd, const char* path) {
  if (is_due("readlinkat")) return fault("readlinkat");
  return real_.readlinkat(dirfd, path);
}

Result<void> FaultyKernel::unlinkat(int dirfd, const char* path, int flags) {
  if (is_due("unlinkat")) return fault("unlinkat");
  return real_.unlinkat(dirfd, path, flags);
}

Result<void> FaultyKernel::renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) {
  if (is_due("renameat2")) return fault("renameat2");
  return real_.renameat2(from_dirfd, from, to_dirfd, to, flags);
}

Result<void> FaultyKernel::fchown(int fd, uid_t uid, gid_t gid) {
  if (is_due("fchown")) return fault("fchown");
  return real_.fchown(fd, uid, gid);
}

Result<void> FaultyKernel::fchownat(int dirfd, const char* path, uid_t uid, gid_t gid, int flags) {
  if (is_due("fchownat")) return fault("fchownat");
  return real_.fchownat(dirfd, path, uid, gid, flags);
}

Result<void> FaultyKernel::fchmod(int fd, mode_t mode) {
  if (is_due("fchmod")) return fault("fchmod");
  return real_.fchmod(fd, mode);
}

Result<void> FaultyKernel::fchmodat(int dirfd, const char* path, mode_t mode) {
  if (is_due("fchmodat")) return fault("fchmodat");
  return real_.fchmodat(dirfd, path, mode);
}

Result<void> FaultyKernel::ftruncate(int fd, off_t size) {
  if (is_due("ftruncate")) return fault("ftruncate");
  return real_.ftruncate(fd, size);
}

Result<void> FaultyKernel::fsync(int fd) {
  if (is_due("fsync")) return fault("fsync");
  return real_.fsync(fd);
}

Result<std::vector<std::string>> FaultyKernel::getdents(int fd) {
  if (is_due("getdents")) return fault("getdents");
  return real_.getdents(fd);
}

Result<void> FaultyKernel::flock(int fd, int operation) {
  if (is_due("flock")) return fault("flock");
  return real_.flock(fd, operation);
}

Result<int> FaultyKernel::ioctl(int fd, unsigned long request, void* argument) {
  if (is_due("ioctl")) return fault("ioctl");
  return real_.ioctl(fd, request, argument);
}

Result<UniqueFd> FaultyKernel::dup(int fd) {
  if (is_due("dup")) return fault("dup");
  return real_.dup(fd);
}

Result<void> FaultyKernel::dup2(int fd, int onto) {
  if (is_due("dup2")) return fault("dup2");
  return real_.dup2(fd, onto);
}

Result<int> FaultyKernel::fcntl(int fd, int command, long argument) {
  if (is_due("fcntl")) return fault("fcntl");
  return real_.fcntl(fd, command, argument);
}

Result<void> FaultyKernel::close_range(unsigned first, unsigned last, unsigned flags) {
  if (is_due("close_range")) return fault("close_range");
  return real_.close_range(first, last, flags);
}

Result<UniqueFd> FaultyKernel::inotify_init1(int flags) {
  if (is_due("inotify_init1")) return fault("inotify_init1");
  return real_.inotify_init1(flags);
}

Result<int> FaultyKernel::inotify_add_watch(int fd, const char* path, std::uint32_t mask) {
  if (is_due("inotify_add_watch")) return fault("inotify_add_watch");
  return real_.inotify_add_watch(fd, path, mask);
}

Result<UniqueFd> FaultyKernel::memfd_create(const char* name, unsigned flags) {
  if (is_due("memfd_create")) return fault("memfd_create");
  return real_.memfd_create(name, flags);
}

Result<std::string> FaultyKernel::fgetxattr(int fd, const char* name) {
  if (is_due("fgetxattr")) return fault("fgetxattr");
  return real_.fgetxattr(fd, name);
}

Result<void> FaultyKernel::fsetxattr(int fd, const char* name, std::string_view value) {
  if (is_due("fsetxattr")) return fault("fsetxattr");
  return real_.fsetxattr(fd, name, value);
}

Result<void> FaultyKernel::mount(const char* source, const char* target, const char* type, unsigned long flags, const char* data) {
  if (is_due("mount")) return fault("mount");
  return real_.mount(source, target, type, flags, data);
}

Result<void> FaultyKernel::umount2(const char* target, int flags) {
  if (is_due("umount2")) return fault("umount2");
  return real_.umount2(target, flags);
}

Result<void> FaultyKernel::pivot_root(const char* new_root, const char* put_old) {
  if (is_due("pivot_root")) return fault("pivot_root");
  return real_.pivot_root(new_root, put_old);
}

Result<UniqueFd> FaultyKernel::open_tree(int dirfd, const char* path, unsigned flags) {
  if (is_due("open_tree")) return fault("open_tree");
  return real_.open_tree(dirfd, path, flags);
}

Result<void> FaultyKernel::move_mount(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags) {
  if (is_due("move_mount")) return fault("move_mount");
  return real_.move_mount(from_dirfd, from, to_dirfd, to, flags);
}

Result<UniqueFd> FaultyKernel::fsopen(const char* type) {
  if (is_due("fsopen")) return fault("fsopen");
  return real_.fsopen(type);
}

Result<void> FaultyKernel::fsconfig(int fs_fd, unsigned command, const char* key, const void* value, int aux) {
  if (is_due("fsconfig")) return fault("fsconfig");
  return real_.fsconfig(fs_fd, command, key, value, aux);
}

Result<UniqueFd> FaultyKernel::fsmount(int fs_fd, unsigned attributes) {
  if (is_due("fsmount")) return fault("fsmount");
  return real_.fsmount(fs_fd, attributes);
}

Result<void> FaultyKernel::mount_setattr(int dirfd, const char* path, unsigned flags, const mount_attr& attributes) {
  if (is_due("mount_setattr")) return fault("mount_setattr");
  return real_.mount_setattr(dirfd, path, flags, attributes);
}

Result<void> FaultyKernel::chroot(const char* path) {
  if (is_due("chroot")) return fault("chroot");
  return real_.chroot(path);
}

Result<void> FaultyKernel::chdir(const char* path) {
  if (is_due("chdir")) return fault("chdir");
  return real_.chdir(path);
}

Result<void> FaultyKernel::fchdir(int fd) {
  if (is_due("fchdir")) return fault("fchdir");
  return real_.fchdir(fd);
}

Result<pid_t> FaultyKernel::clone3(const clone_args& arguments) {
  if (is_due("clone3")) return fault("clone3");
  return real_.clone3(arguments);
}

Result<pid_t> FaultyKernel::fork() {
  if (is_due("fork")) return fault("fork");
  return real_.fork();
}

Result<void> FaultyKernel::execveat(int dirfd, const char* path, char* const argv[], char* const envp[], int flags) {
  if (is_due("execveat")) return fault("execveat");
  return real_.execveat(dirfd, path, argv, envp, flags);
}

Result<ExitStatus> FaultyKernel::wait_pid(pid_t pid) {
  if (is_due("wait_pid")) return fault("wait_pid");
  return real_.wait_pid(pid);
}

Result<void> FaultyKernel::check_child(pid_t pid) {
  if (is_due("check_child")) return fault("check_child");
  return real_.check_child(pid);
}

Result<bool> FaultyKernel::wait_pidfd(int pidfd, int timeout_ms) {
  if (is_due("wait_pidfd")) return fault("wait_pidfd");
  return real_.wait_pidfd(pidfd, timeout_ms);
}

Result<UniqueFd> FaultyKernel::pidfd_open(pid_t pid) {
  if (is_due("pidfd_open")) return fault("pidfd_open");
  return real_.pidfd_open(pid);
}

Result<void> FaultyKernel::pidfd_send_signal(int pidfd, int signal) {
  if (is_due("pidfd_send_signal")) return fault("pidfd_send_signal");
  return real_.pidfd_send_signal(pidfd, signal);
}

Result<void> FaultyKernel::kill(pid_t pid, int signal) {
  if (is_due("kill")) return fault("kill");
  return real_.kill(pid, signal);
}

Result<void> FaultyKernel::setns(int fd, int types) {
  if (is_due("setns")) return fault("setns");
  return real_.setns(fd, types);
}

Result<void> FaultyKernel::unshare(int flags) {
  if (is_due("unshare")) return fault("unshare");
  return real_.unshare(flags);
}

Result<void> FaultyKernel::setsid() {
  if (is_due("setsid")) return fault("setsid");
  return real_.setsid();
}

Result<void> FaultyKernel::setresuid(uid_t real, uid_t effective, uid_t saved) {
  if (is_due("setresuid")) return fault("setresuid");
  return real_.setresuid(real, effective, saved);
}

Result<void> FaultyKernel::setresgid(gid_t real, gid_t effective, gid_t saved) {
  if (is_due("setresgid")) return fault("setresgid");
  return real_.setresgid(real, effective, saved);
}

Result<void> FaultyKernel::setgroups(std::span<const gid_t> groups) {
  if (is_due("setgroups")) return fault("setgroups");
  return real_.setgroups(groups);
}

Result<CapabilitySets> FaultyKernel::capget() {
  if (is_due("capget")) return fault("capget");
  return real_.capget();
}

Result<void> FaultyKernel::capset(const CapabilitySets& sets) {
  if (is_due("capset")) return fault("capset");
  return real_.capset(sets);
}

Result<int> FaultyKernel::prctl(int option, unsigned long a2, unsigned long a3, unsigned long a4, unsigned long a5) {
  if (is_due("prctl")) return fault("prctl");
  return real_.prctl(option, a2, a3, a4, a5);
}

Result<void> FaultyKernel::prlimit(pid_t pid, int resource, const rlimit& limit) {
  if (is_due("prlimit")) return fault("prlimit");
  return real_.prlimit(pid, resource, limit);
}

Result<void> FaultyKernel::personality(unsigned long persona) {
  if (is_due("personality")) return fault("personality");
  return real_.personality(persona);
}

Result<void> FaultyKernel::sethostname(std::string_view name) {
  if (is_due("sethostname")) return fault("sethostname");
  return real_.sethostname(name);
}

Result<void> FaultyKernel::keyctl_join_session() {
  if (is_due("keyctl_join_session")) return fault("keyctl_join_session");
  return real_.keyctl_join_session();
}

Result<UniqueFd> FaultyKernel::seccomp_load(const sock_fprog& program, unsigned flags) {
  if (is_due("seccomp_load")) return fault("seccomp_load");
  return real_.seccomp_load(program, flags);
}

Result<void> FaultyKernel::landlock_restrict_self(int ruleset_fd) {
  if (is_due("landlock_restrict_self")) return fault("landlock_restrict_self");
  return real_.landlock_restrict_self(ruleset_fd);
}

Result<int> FaultyKernel::bpf(int command, bpf_attr& attributes) {
  if (is_due("bpf")) return fault("bpf");
  return real_.bpf(command, attributes);
}

Result<std::pair<UniqueFd, UniqueFd>> FaultyKernel::pipe2(int flags) {
  if (is_due("pipe2")) return fault("pipe2");
  return real_.pipe2(flags);
}

Result<std::pair<UniqueFd, UniqueFd>> FaultyKernel::socketpair(int type) {
  if (is_due("socketpair")) return fault("socketpair");
  return real_.socketpair(type);
}

Result<UniqueFd> FaultyKernel::socket(int domain, int type, int protocol) {
  if (is_due("socket")) return fault("socket");
  return real_.socket(domain, type, protocol);
}

Result<void> FaultyKernel::bind_unix(int fd, const char* path) {
  if (is_due("bind_unix")) return fault("bind_unix");
  return real_.bind_unix(fd, path);
}

Result<void> FaultyKernel::connect_unix(int fd, const char* path) {
  if (is_due("connect_unix")) return fault("connect_unix");
  return real_.connect_unix(fd, path);
}

Result<void> FaultyKernel::listen(int fd, int backlog) {
  if (is_due("listen")) return fault("listen");
  return real_.listen(fd, backlog);
}

Result<UniqueFd> FaultyKernel::accept(int fd) {
  if (is_due("accept")) return fault("accept");
  return real_.accept(fd);
}

Result<Credentials> FaultyKernel::peer_credentials(int fd) {
  if (is_due("peer_credentials")) return fault("peer_credentials");
  return real_.peer_credentials(fd);
}

Result<void> FaultyKernel::sendmsg(int fd, std::string_view bytes, std::span<const int> fds) {
  if (is_due("sendmsg")) return fault("sendmsg");
  return real_.sendmsg(fd, bytes, fds);
}

Result<std::string> FaultyKernel::recvmsg(int fd, std::size_t limit, std::vector<UniqueFd>& fds) {
  if (is_due("recvmsg")) return fault("recvmsg");
  return real_.recvmsg(fd, limit, fds);
}

Result<int> FaultyKernel::poll(std::span<pollfd> fds, int timeout_ms) {
  if (is_due("poll")) return fault("poll");
  return real_.poll(fds, timeout_ms);
}

}  // namespace lxcx::core
