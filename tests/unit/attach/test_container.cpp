// SPDX-License-Identifier: Apache-2.0
#include "test_container.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace fs = std::filesystem;
using namespace lxcx::core;

namespace lxcx::test {
namespace {

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string(what) + ": " + ::strerror(errno));
}

void make_rootfs(const std::string& root) {
  for (const char* name : {"bin", "etc", "proc", "sys", "dev", "tmp", "root"}) fs::create_directories(root + "/" + name);
  fs::copy_file("/bin/busybox", root + "/bin/busybox");
  for (const char* applet : {"sh", "cat", "ls", "id", "true", "sleep", "readlink", "env", "tty", "stty", "grep", "hostname", "pwd", "mkdir", "head",
                             "echo", "kill", "test", "wc"})
    fs::create_symlink("busybox", root + "/bin/" + applet);
  std::ofstream(root + "/etc/passwd") << "root:x:0:0:root:/root:/bin/login-shell\nplain:x:1000:1000::/:\nother:x:1001:1001::/:/bin/missing\n";
  std::ofstream(root + "/bin/login-shell") << "#!/bin/sh\necho login shell $0\n";
  std::ofstream(root + "/bin/no-format") << "echo no format\n";
  for (const char* name : {"/bin/login-shell", "/bin/no-format"}) fs::permissions(root + name, fs::perms(0755));
  std::ofstream(root + "/etc/not-executable") << "x";
}

/// In the child, with all its namespaces: becomes the container's init. `ready` gets a byte once it is.
[[noreturn]] void become_init(const std::string& root, int go, int ready) {
  char byte = 0;
  bool good = ::read(go, &byte, 1) == 1;  // the id maps are written
  good = good && ::setresgid(0, 0, 0) == 0 && ::setresuid(0, 0, 0) == 0;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  good = good && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  good = good && ::mount(root.c_str(), root.c_str(), nullptr, MS_BIND, nullptr) == 0 && ::chdir(root.c_str()) == 0;
  good = good && ::mount("tmpfs", "dev", "tmpfs", 0, "mode=755") == 0 && ::mkdir("dev/pts", 0755) == 0;
  good = good && ::mount("devpts", "dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=620") == 0;
  good = good && ::symlink("pts/ptmx", "dev/ptmx") == 0 && ::close(::open("dev/null", O_CREAT | O_WRONLY, 0666)) == 0;
  good = good && ::mount("/dev/null", "dev/null", nullptr, MS_BIND, nullptr) == 0;
  good = good && ::close(::open("dev/tty", O_CREAT | O_WRONLY, 0666)) == 0 && ::mount("/dev/tty", "dev/tty", nullptr, MS_BIND, nullptr) == 0;
  good = good && ::mount("proc", "proc", "proc", 0, nullptr) == 0;
  good = good && ::syscall(SYS_pivot_root, ".", ".") == 0 && ::umount2(".", MNT_DETACH) == 0 && ::chdir("/") == 0;
  good = good && ::sethostname("lxcxt-inside", 12) == 0;
  (void)!::write(ready, good ? "y" : "n", 1);
  ::close(ready);
  ::close(go);
  if (good) ::execl("/bin/busybox", "sleep", "600", nullptr);
  ::_exit(1);
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  require(file.good(), path.c_str());
}

}  // namespace

TestContainer::TestContainer(ContainerKind kind) {
  char pattern[] = "/tmp/lxcxt-attach-XXXXXX";
  require(::mkdtemp(pattern), "mkdtemp");
  directory_ = pattern;
  ::chmod(pattern, 0755);
  make_rootfs(directory_);
  int go[2], ready[2];
  require(::pipe2(go, O_CLOEXEC) == 0 && ::pipe2(ready, O_CLOEXEC) == 0, "pipe2");

  clone_args arguments = {};
  arguments.exit_signal = SIGCHLD;
  arguments.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | (kind.user_namespace ? CLONE_NEWUSER : 0UL);
  init_ = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  require(init_ >= 0, "clone3");
  if (init_ == 0) become_init(directory_, go[0], ready[1]);
  ::close(ready[1]);
  ::close(go[0]);
  if (kind.user_namespace) {
    const std::string proc = "/proc/" + std::to_string(init_);
    write_file(proc + "/uid_map", "0 100000 65536\n");
    write_file(proc + "/gid_map", "0 100000 65536\n");
  }
  cgroups_ = std::make_unique<Cgroups>(Cgroups::open(real_kernel(), Log::none()).value());
  if (kind.cgroup) {
    cgroup_ = "lxcxt-attach-" + std::to_string(::getpid());
    require(cgroups_->create(cgroup_).has_value(), "create cgroup");
    require(cgroups_->enter(cgroup_, init_).has_value(), "enter cgroup");
  }
  require(::write(go[1], "g", 1) == 1, "write");
  char answer = 'n';
  require(::read(ready[0], &answer, 1) == 1 && answer == 'y', "make the test container");
  ::close(go[1]);
  ::close(ready[0]);
}

TestContainer::~TestContainer() {
  if (!cgroup_.empty()) (void)cgroups_->freeze(cgroup_, false, 1000);
  ::kill(init_, SIGKILL);
  ::waitpid(init_, nullptr, 0);
  if (!cgroup_.empty()) (void)cgroups_->destroy(cgroup_);
  fs::remove_all(directory_);
}

EnterTarget TestContainer::target() const {
  EnterTarget made;
  made.init = {init_, start_time_of(init_).value()};
  made.cgroup = cgroup_;
  made.helper = LXCX_ENTER;
  return made;
}

std::string TestContainer::path(const std::string& inside) const { return directory_ + inside; }

Ran attach(const EnterTarget& target, const EnterOptions& options, const std::string& input, const std::function<void()>& prepare) {
  int in[2], out[2];
  require(::pipe2(in, O_CLOEXEC) == 0 && ::pipe2(out, O_CLOEXEC) == 0, "pipe2");
  const pid_t child = ::fork();
  require(child >= 0, "fork");
  if (child == 0) {
    ::alarm(20);
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
    if (prepare) prepare();
    const auto status = enter_container(real_kernel(), Log::none(), target, options);
    if (status) ::_exit(*status);
    const std::string text = "ERROR " + std::to_string(static_cast<int>(status.error().code)) + " " + status.error().message;
    (void)!::write(1, text.data(), text.size());
    ::_exit(0);
  }
  ::close(in[0]);
  ::close(out[1]);
  (void)!::write(in[1], input.data(), input.size());
  ::close(in[1]);
  Ran ran;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(out[0], buffer, sizeof buffer)) > 0;) ran.output.append(buffer, static_cast<std::size_t>(got));
  ::close(out[0]);
  int status = 0;
  require(::waitpid(child, &status, 0) == child, "waitpid");
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  if (ran.output.starts_with("ERROR ")) ran.status = 1000 + std::stoi(ran.output.substr(6));
  return ran;
}

Ran attach(const EnterTarget& target, std::vector<std::string> command) {
  EnterOptions options;
  options.command = std::move(command);
  return attach(target, options);
}

}  // namespace lxcx::test
