// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstddef>
#include <filesystem>
#include <fstream>

#include "core/attach/container_facts.hpp"
#include "core/attach/helper.hpp"
#include "test_container.hpp"

namespace fs = std::filesystem;
using namespace lxcx;
using namespace lxcx::core;
using lxcx::test::attach;
using lxcx::test::Ran;
using lxcx::test::TestContainer;

namespace {

std::string namespace_of(pid_t pid, const char* name) { return fs::read_symlink("/proc/" + std::to_string(pid) + "/ns/" + name).string(); }

EnterOptions command(std::vector<std::string> words) {
  EnterOptions options;
  options.command = std::move(words);
  return options;
}

}  // namespace

TEST_CASE("the command runs in every namespace of the container, from its root", "[attach][root]") {
  TestContainer container({.user_namespace = GENERATE(false, true)});
  const auto target = container.target();
  for (const char* name : {"mnt", "pid", "uts", "ipc", "net", "user"}) {
    const Ran ran = attach(target, {"readlink", std::string("/proc/self/ns/") + name});
    CHECK(ran.status == 0);
    CHECK(ran.output == namespace_of(container.init(), name) + "\n");
  }
  CHECK(attach(target, {"hostname"}).output == "lxcxt-inside\n");
  CHECK(attach(target, {"pwd"}).output == "/\n");
  CHECK(attach(target, {"ls", "/"}).output.find("root\n") != std::string::npos);
}

TEST_CASE("only the namespaces asked for are entered", "[attach][root]") {
  TestContainer container;
  EnterOptions options = command({"/bin/readlink", "/proc/self/ns/net", "/proc/self/ns/mnt"});
  options.namespaces = namespace_bit(Namespace::net);
  options.command = {"/bin/sh", "-c", "readlink /proc/self/ns/net; readlink /proc/self/ns/mnt"};
  const Ran ran = attach(container.target(), options);
  CHECK(ran.output == namespace_of(container.init(), "net") + "\n" + namespace_of(::getpid(), "mnt") + "\n");
}

TEST_CASE("the status is the command's, as a shell reports it", "[attach][root]") {
  TestContainer container;
  const auto target = container.target();
  CHECK(attach(target, {"true"}).status == 0);
  CHECK(attach(target, {"sh", "-c", "exit 7"}).status == 7);
  CHECK(attach(target, {"sh", "-c", "kill -9 $$"}).status == 128 + SIGKILL);
  CHECK(attach(target, {"no-such-command"}).status == 127);
  CHECK(attach(target, {"/etc/not-executable"}).status == 126);
  CHECK(attach(target, {"/bin/no-format"}).status == 126);
  CHECK(attach(target, {""}).status == 127);
  EnterOptions without_pid = command({"/bin/sh", "-c", "exit 9"});
  without_pid.namespaces = namespace_bit(Namespace::uts);
  CHECK(attach(target, without_pid).status == 9);
  without_pid.command = {"no-such-command"};
  CHECK(attach(target, without_pid).status == 127);
}

TEST_CASE("standard input and output go straight through", "[attach][root]") {
  TestContainer container;
  std::string text(300000, 'x');
  text += "\0\n\r\x04 end";
  Ran ran = attach(container.target(), command({"cat"}), text.substr(0, 60000));
  CHECK(ran.status == 0);
  CHECK(ran.output == text.substr(0, 60000));
}

TEST_CASE("no fd but the standard streams reaches the command, whatever the caller leaked", "[attach][root]") {
  TestContainer container;
  // ls looks at its parent, so that its own fd of the directory does not count.
  EnterOptions options = command({"sh", "-c", "ls /proc/$$/fd; true"});
  const Ran ran = attach(container.target(), options, {}, [] {
    const int root = ::open("/", O_RDONLY | O_DIRECTORY);
    for (const int number : {3, 7, 50, 900, 1000}) ::dup2(root, number);
  });
  CHECK(ran.status == 0);
  CHECK(ran.output == "0\n1\n2\n");
}

TEST_CASE("closed standard streams become /dev/null, not some fd of ours", "[attach][root]") {
  TestContainer container;
  const Ran ran = attach(container.target(), command({"sh", "-c", "readlink /proc/self/fd/0; readlink /proc/self/fd/2"}), {}, [] {
    ::close(0);
    ::close(2);
  });
  CHECK(ran.status == 0);
  CHECK(ran.output == "/dev/null\n/dev/null\n");
}

TEST_CASE("a directory is no standard stream", "[attach][root]") {
  TestContainer container;
  const Ran ran = attach(container.target(), command({"true"}), {}, [] {
    ::close(0);
    (void)::open("/", O_RDONLY | O_DIRECTORY);
  });
  CHECK(ran.status == 1000 + static_cast<int>(Code::usage));
}

TEST_CASE("the working directory is inside the root, whatever was asked for", "[attach][root]") {
  TestContainer container;
  EnterOptions options = command({"pwd"});
  options.directory = "/tmp";
  CHECK(attach(container.target(), options).output == "/tmp\n");
  for (const char* bad : {"/no/such", "/proc/self/fd/3", "/proc/self/fd/5", "/proc/self/fd/9", "/proc/1/root/../../../no"}) {
    options.directory = bad;
    const Ran ran = attach(container.target(), options, {}, [] {
      const int root = ::open("/", O_RDONLY | O_DIRECTORY);
      for (const int number : {3, 5, 9}) ::dup2(root, number);
    });
    INFO(bad);
    CHECK(ran.status >= 1000);
    CHECK(ran.output.find("change to directory") != std::string::npos);
  }
}

TEST_CASE("the bounding set is the container's; inheritable and ambient are empty", "[attach][root]") {
  TestContainer container;
  auto target = container.target();
  const auto masks = [&](const EnterOptions& options) {
    const Ran ran = attach(target, options);
    return std::array{status_mask(ran.output, "CapInh:").value(), status_mask(ran.output, "CapBnd:").value(),
                      status_mask(ran.output, "CapAmb:").value(), status_mask(ran.output, "CapEff:").value()};
  };
  EnterOptions options = command({"cat", "/proc/self/status"});
  std::ifstream own("/proc/self/status");
  const std::string text((std::istreambuf_iterator<char>(own)), {});
  const std::uint64_t all = status_mask(text, "CapBnd:").value();
  constexpr std::uint64_t net_admin = 1ULL << 12, chown = 1;

  CHECK(masks(options) == std::array<std::uint64_t, 4>{0, all, 0, all});
  target.config.cap_drop = {12};
  CHECK(masks(options) == std::array<std::uint64_t, 4>{0, all & ~net_admin, 0, all & ~net_admin});
  target.config.cap_drop.clear();
  target.config.cap_keep = std::vector<int>{0, 12};
  CHECK(masks(options) == std::array<std::uint64_t, 4>{0, net_admin | chown, 0, net_admin | chown});
  target.config.cap_keep = std::vector<int>{};
  CHECK(masks(options) == std::array<std::uint64_t, 4>{0, 0, 0, 0});
  options.elevate_capabilities = true;
  CHECK(masks(options)[1] == all);
  options.elevate_capabilities = false;
  target.config.cap_keep.reset();
  options.uid = 1000;
  CHECK(masks(options)[3] == 0);
}

TEST_CASE("uid, gid and groups are those asked for, the caller's groups are dropped", "[attach][root]") {
  TestContainer container({.user_namespace = GENERATE(false, true)});
  EnterOptions options = command({"sh", "-c", "id -u; id -g; id -G"});
  CHECK(attach(container.target(), options).output == "0\n0\n0\n");
  options.uid = 1000;
  options.gid = 1001;
  options.groups = {5, 6};
  CHECK(attach(container.target(), options).output == "1000\n1001\n1001 5 6\n");
}

TEST_CASE("an id outside of the map is refused by name", "[attach][root]") {
  TestContainer container({.user_namespace = true});
  EnterOptions options = command({"true"});
  options.uid = 70000;
  const Ran ran = attach(container.target(), options);
  CHECK(ran.status >= 1000);
  CHECK(ran.output.find("set uid and gid 'uid'") != std::string::npos);
}

TEST_CASE("the command is in the container's cgroup in every hierarchy", "[attach][root]") {
  TestContainer container({.cgroup = true});
  const Ran ran = attach(container.target(), {"cat", "/proc/self/cgroup"});
  CHECK(ran.status == 0);
  std::size_t found = 0;
  for (std::size_t at = ran.output.find(container.cgroup()); at != std::string::npos; at = ran.output.find(container.cgroup(), at + 1)) ++found;
  CHECK(found == container.cgroups().hierarchies().size());
  EnterOptions elevated = command({"cat", "/proc/self/cgroup"});
  elevated.elevate_cgroup = true;
  CHECK(attach(container.target(), elevated).output.find(container.cgroup()) == std::string::npos);
}

TEST_CASE("a frozen container is not waited for", "[attach][root]") {
  TestContainer container({.cgroup = true});
  REQUIRE(container.cgroups().freeze(container.cgroup(), true, 2000));
  CHECK(attach(container.target(), {"true"}).status == 1000 + static_cast<int>(Code::busy));
}

TEST_CASE("a recycled pid is not entered", "[attach][root]") {
  TestContainer container;
  auto target = container.target();
  target.init.start_time += 1;
  CHECK(attach(target, {"true"}).status == 1000 + static_cast<int>(Code::not_running));
  target.init.pid = 0x7ffffff0;
  CHECK(attach(target, {"true"}).status == 1000 + static_cast<int>(Code::not_running));
}

TEST_CASE("without a command the uid's login shell runs, else /bin/sh", "[attach][root]") {
  TestContainer container;
  EnterOptions options;
  CHECK(attach(container.target(), options).output == "login shell /bin/login-shell\n");
  options.uid = 1000;  // an empty field
  CHECK(attach(container.target(), options, "echo $0\n").output == "/bin/sh\n");
  options.uid = 1001;  // a shell that is not there
  CHECK(attach(container.target(), options, "echo $0\n").output == "/bin/sh\n");
  options.uid = 4711;  // nobody's
  CHECK(attach(container.target(), options, "echo $0\n").output == "/bin/sh\n");
}

TEST_CASE("a passwd that is no file is not waited for", "[attach][root]") {
  TestContainer container;
  fs::remove(container.path("/etc/passwd"));
  REQUIRE(::mkfifo(container.path("/etc/passwd").c_str(), 0644) == 0);
  CHECK(attach(container.target(), EnterOptions(), "echo $0\n").output == "/bin/sh\n");
}

TEST_CASE("a fake /proc inside changes nothing", "[attach][root]") {
  TestContainer container;
  // CVE-2015-1334: whatever lies at the container's /proc is not used on the way in.
  REQUIRE(attach(container.target(),
                 {"sh", "-c", "busybox umount /proc; mkdir -p /proc/self/attr; echo fake > /proc/self/attr/exec; echo fake > /proc/self/status"})
              .status == 0);
  const Ran ran = attach(container.target(), {"cat", "/proc/self/attr/exec"});
  CHECK(ran.output == "fake\n");
}

TEST_CASE("seccomp filters apply to the command alone", "[attach][root]") {
  TestContainer container;
  auto target = container.target();
  const std::array<sock_filter, 4> filter{{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
                                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
  SecurityAction action{SecurityAction::Type::seccomp, std::string(reinterpret_cast<const char*>(filter.data()), sizeof filter), 0, {}};
  target.actions.push_back(std::move(action));
  EnterOptions options = command({"mkdir", "/tmp/new"});
  options.uid = 1000;  // the filter needs no no_new_privs: it is loaded before the uid changes
  CHECK(attach(target, options).status == 1);
  CHECK(attach(target, {"mkdir", "/tmp/new"}).status == 1);
  CHECK_FALSE(fs::exists(container.path("/tmp/new")));
  options = command({"mkdir", "/tmp/new"});
  options.elevate_lsm = true;
  CHECK(attach(target, options).status == 0);
}

TEST_CASE("a filter's listener goes to who takes it, before the program runs", "[attach][root]") {
  TestContainer container;
  auto target = container.target();
  const std::array<sock_filter, 4> filter{{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mkdir, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
                                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
  target.actions.push_back({SecurityAction::Type::seccomp,
                            std::string(reinterpret_cast<const char*>(filter.data()), sizeof filter),
                            SECCOMP_FILTER_FLAG_NEW_LISTENER,
                            {}});
  // With nobody on the other side the kernel answers by ENOSYS.
  target.take_listener = [](const UniqueFd& listener) -> Result<void> {
    const std::string what = fs::read_symlink("/proc/self/fd/" + std::to_string(listener.get())).string() + "\n";
    (void)!::write(1, what.data(), what.size());
    return {};
  };
  const Ran ran = attach(target, {"sh", "-c", "mkdir /tmp/new 2>&1; ls /proc/self/fd"});
  CHECK(ran.output.starts_with("anon_inode:seccomp notify\nmkdir: can't create directory '/tmp/new': Function not implemented\n"));
  CHECK(ran.output.ends_with("\n0\n1\n2\n3\n"));  // 3: the directory that ls reads
  target.take_listener = [](const UniqueFd&) -> Result<void> { return fail(Code::busy, "no more of these"); };
  const Ran refused = attach(target, {"touch", "/tmp/ran"});
  CHECK(refused.status == 1000 + static_cast<int>(Code::busy));
  CHECK(refused.output.find("no more of these") != std::string::npos);
  CHECK_FALSE(fs::exists(container.path("/tmp/ran")));
  EnterOptions options = command({"mkdir", "/tmp/new"});
  options.elevate_lsm = true;
  CHECK(attach(target, options).status == 0);
}

TEST_CASE("no_new_privs and limits are the configuration's", "[attach][root]") {
  TestContainer container;
  auto target = container.target();
  target.config.no_new_privs = true;
  target.config.rlimits.push_back({"nofile", 123, 456, {}});
  const Ran ran = attach(target, {"sh", "-c", "grep NoNewPrivs /proc/self/status; ulimit -n; ulimit -Hn"});
  CHECK(ran.output == "NoNewPrivs:\t1\n123\n456\n");
  target.config.rlimits = {{"nonsense", 1, 1, {}}};
  CHECK(attach(target, {"true"}).status == 1000 + static_cast<int>(Code::config));
}

TEST_CASE("what lxc.proc gave init the command has too", "[attach][root]") {
  TestContainer container;
  auto target = container.target();
  target.config.proc_writes = {{"oom_score_adj", "321", {}}, {"coredump_filter", "0x7", {}}};
  CHECK(attach(target, {"cat", "/proc/self/oom_score_adj", "/proc/self/coredump_filter"}).output == "321\n00000007\n");
  target.config.proc_writes = {{"no_such_file", "1", {}}};
  const Ran ran = attach(target, {"true"});
  CHECK(ran.status == 1000 + static_cast<int>(Code::not_found));
  CHECK(ran.output.find("no_such_file") != std::string::npos);
}

TEST_CASE("lxcx-enter cannot be opened for writing by way of what is executed", "[attach][root]") {
  const auto program = open_helper(real_kernel(), LXCX_ENTER);
  REQUIRE(program);
  const std::string path = "/proc/self/fd/" + std::to_string(program->get());
  CHECK(::open(path.c_str(), O_WRONLY | O_CLOEXEC) < 0);
  CHECK(errno == EROFS);
  CHECK_FALSE(open_helper(real_kernel(), "/no/such/lxcx-enter"));
}

TEST_CASE("a process that is no child is not taken for the command, nor killed", "[attach][root]") {
  TestContainer container;
  auto target = container.target();
  target.helper = LYING_HELPER;
  CHECK(attach(target, {"true"}).status == 1000 + static_cast<int>(Code::internal));
}

TEST_CASE("a signal to attach is the command's", "[attach][root]") {
  TestContainer container;
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    EnterOptions options = command({"sh", "-c", "trap 'exit 33' TERM; echo > /tmp/ready; while :; do sleep 1 & wait; done"});
    const auto status = enter_container(real_kernel(), Log::none(), container.target(), options);
    ::_exit(status.value_or(99));
  }
  for (int i = 0; i < 500 && !fs::exists(container.path("/tmp/ready")); ++i) ::usleep(10000);
  ::kill(child, SIGTERM);
  CHECK(real_kernel().wait_pid(child)->as_shell() == 33);
}

TEST_CASE("the environment inside is the one computed, container=lxc included", "[attach][root]") {
  TestContainer container;
  auto target = container.target();
  target.config.environment.push_back({"FROM_CONFIG", "1", {}});
  EnterOptions options = command({"env"});
  options.clear_environment = true;
  options.set = {"SET=2"};
  CHECK(attach(target, options).output == "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\ncontainer=lxc\nFROM_CONFIG=1\nSET=2\n");
}

TEST_CASE("with remount, /proc and /sys show what was entered", "[attach][root]") {
  TestContainer container;
  EnterOptions options = command({"/bin/sh", "-c", "ls -d /proc/[0-9]* | wc -l; ls /sys/class/net"});
  options.namespaces = namespace_bit(Namespace::pid) | namespace_bit(Namespace::net);
  options.remount_sys_proc = true;
  const Ran ran = attach(container.target(), options);
  CHECK(ran.status == 0);
  CHECK(std::stoi(ran.output) < 8);
  CHECK(ran.output.ends_with("\nlo\n"));
}
