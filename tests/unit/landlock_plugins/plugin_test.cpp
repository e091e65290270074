// SPDX-License-Identifier: Apache-2.0
// The plugin's rulesets, each checked on a process that restricts itself with it as lxcx does.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "lxcx/fd.hpp"
#include "plugins/security-landlock/ruleset.hpp"
#include "tests/support/fake_call.hpp"
#include "tests/support/in_child.hpp"

extern "C" const lxcx_plugin_descriptor lxcx_plugin;
using namespace lxcx;
using namespace lxcx::test;

namespace {

const std::string prefix = "lxcx.security.landlock.";

/// Leaves the whole program as skipped when the kernel cannot do what it tests.
void need_abi(int abi) {
  if (landlock::kernel_abi() >= abi) return;
  std::fprintf(stderr, "skipped: needs Landlock ABI %d, this kernel has %d\n", abi, landlock::kernel_abi());
  std::exit(77);
}

lxcx_code verb(FakeCall& call, const std::string& directory, bool compile = true) {
  lxcx_confinement confinement{};
  confinement.size = sizeof confinement;
  confinement.container = lower("web");
  confinement.directory = lower(directory);
  const auto* ops = static_cast<const lxcx_security_ops*>(lxcx_plugin.ops);
  return compile ? ops->compile(&call, &confinement) : ops->validate(&call, &confinement);
}

FakeCall::Settings keys(FakeCall::Settings settings) {
  for (auto& [key, value] : settings) key.insert(0, prefix);
  return settings;
}

/// The fences of some settings; their fds live as long as this.
struct Compiled : FakeCall {
  explicit Compiled(FakeCall::Settings given, const std::string& directory = "/") : FakeCall(std::move(given)) {
    const lxcx_code result = verb(*this, directory);
    INFO(message);
    REQUIRE(result == LXCX_OK);
  }
  bool restrict_self(std::string_view key) const {
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(446 /* landlock_restrict_self */, fd(key), 0) == 0;
  }
  template <class Body>
  std::string under(std::string_view key, Body body) const {
    return in_child([&] { return restrict_self(key) ? body() : 254; });
  }
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int bind_errno(std::uint16_t port) {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ? errno : 0;
}

int connect_errno(std::uint16_t port) {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ? errno : 0;
}

struct Listener {
  Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port = 0;
  Listener() {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket.get(), 8) == 0);
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
};

int open_errno(const std::string& path, int flags) {
  const Fd file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  return file ? 0 : errno;
}

struct TemporaryDirectory {
  std::string path = "/var/tmp/lxcxt-landlock-XXXXXX";
  TemporaryDirectory() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~TemporaryDirectory() {
    for (const char* name : {"/a", "/b", "/d/b", "/old"}) ::unlink((path + name).c_str());
    ::rmdir((path + "/d").c_str());
    ::rmdir(path.c_str());
  }
};

std::string exit_code(int code) { return "exit " + std::to_string(code); }

}  // namespace

TEST_CASE("without settings nothing is emitted") {
  FakeCall call;
  CHECK(verb(call, "/nowhere") == LXCX_OK);
  CHECK(call.fds.empty());
}

TEST_CASE("the payload binds the listed TCP ports and no other") {
  need_abi(4);
  const Listener other;
  const std::uint16_t listed = Listener().port;
  const Compiled fence(keys({{"payload.tcp.bind", std::to_string(listed)}}));
  CHECK(fence.fd("monitor.landlock") == -1);
  CHECK(fence.under("payload.landlock", [&] { return bind_errno(listed); }) == exit_code(0));
  CHECK(fence.under("payload.landlock", [&] { return bind_errno(0); }) == exit_code(EACCES));
  CHECK(fence.under("payload.landlock", [&] { return connect_errno(other.port); }) == exit_code(0));
}

TEST_CASE("the payload connects to the listed TCP ports and no other") {
  need_abi(4);
  const Listener listed, other;
  const Compiled fence(keys({{"payload.tcp.connect", std::to_string(listed.port)}}));
  CHECK(fence.under("payload.landlock", [&] { return connect_errno(listed.port); }) == exit_code(0));
  CHECK(fence.under("payload.landlock", [&] { return connect_errno(other.port); }) == exit_code(EACCES));
  CHECK(fence.under("payload.landlock", [] { return bind_errno(0); }) == exit_code(0));
  const Compiled closed(keys({{"payload.tcp.connect", "none"}}));
  CHECK(closed.under("payload.landlock", [&] { return connect_errno(listed.port); }) == exit_code(EACCES));
}

TEST_CASE("a scoped payload signals its own children, and nobody outside") {
  need_abi(6);
  const Compiled fence(keys({{"payload.scope", "signal"}}));
  const pid_t outside = getpid();
  CHECK(fence.under("payload.landlock", [&] { return kill(outside, 0) < 0 ? errno : 0; }) == exit_code(EPERM));
  CHECK(fence.under("payload.landlock", [] {
    const pid_t child = fork();
    if (child == 0) return pause();
    const int result = kill(child, SIGKILL) < 0 ? errno : 0;
    waitpid(child, nullptr, 0);
    return result;
  }) == exit_code(0));
}

TEST_CASE("an attached process is in a domain of its own, and cannot signal the container's") {
  need_abi(6);
  const Compiled fence(keys({{"payload.scope", "signal"}}));
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t init = fork();
  if (init == 0) {
    const char ok = fence.restrict_self("payload.landlock") ? 'y' : 'n';
    if (write(ready[1], &ok, 1) == 1) pause();
    _exit(0);
  }
  char answer = 0;
  CHECK(read(ready[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  CHECK(fence.under("payload.landlock", [&] { return kill(init, 0) < 0 ? errno : 0; }) == exit_code(EPERM));
  CHECK(kill(init, SIGKILL) == 0);
  waitpid(init, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("a scoped payload does not reach abstract sockets outside") {
  need_abi(6);
  const Compiled fence(keys({{"payload.scope", "abstract-unix-socket"}}));
  const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "lxcxt-landlock-" + std::to_string(getpid());
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener.get(), 8) == 0);
  const auto connect = [&] {
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), size) < 0 ? errno : 0;
  };
  CHECK(in_child(connect) == exit_code(0));
  CHECK(fence.under("payload.landlock", connect) == exit_code(EPERM));
  CHECK(fence.under("payload.landlock", [&] { return kill(getppid(), 0) < 0 ? errno : 0; }) == exit_code(0));
}

TEST_CASE("a fenced payload can still mount, so that an init system boots") {
  need_abi(6);
  const Compiled fence(keys({{"payload.scope", "abstract-unix-socket signal"}, {"payload.tcp.bind", "80"}}));
  const auto mount_errno = [] {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) return 200;
    return mount("lxcxt-none", "/tmp", "tmpfs", 0, nullptr) < 0 ? errno : 0;
  };
  REQUIRE(in_child(mount_errno) == exit_code(0));
  CHECK(fence.under("payload.landlock", mount_errno) == exit_code(0));
}

TEST_CASE("a fenced monitor writes below its container, reads everywhere, and changes no mounts") {
  need_abi(3);
  const TemporaryDirectory container, elsewhere;
  REQUIRE(open_errno(elsewhere.path + "/old", O_WRONLY | O_CREAT) == 0);
  const Compiled fence(keys({{"monitor", "on"}}), container.path);
  CHECK(fence.fd("payload.landlock") == -1);
  const auto under = [&](auto body) { return fence.under("monitor.landlock", body); };
  CHECK(under([&] { return open_errno(container.path + "/a", O_WRONLY | O_CREAT); }) == exit_code(0));
  CHECK(under([&] { return mkdir((container.path + "/d").c_str(), 0700) < 0 ? errno : 0; }) == exit_code(0));
  CHECK(under([&] { return rename((container.path + "/a").c_str(), (container.path + "/d/b").c_str()) < 0 ? errno : 0; }) == exit_code(0));
  CHECK(under([&] { return open_errno("/dev/null", O_WRONLY); }) == exit_code(0));
  CHECK(under([&] { return open_errno(elsewhere.path + "/a", O_WRONLY | O_CREAT); }) == exit_code(EACCES));
  CHECK(under([&] { return open_errno(elsewhere.path + "/old", O_WRONLY); }) == exit_code(EACCES));
  CHECK(under([&] { return truncate((elsewhere.path + "/old").c_str(), 0) < 0 ? errno : 0; }) == exit_code(EACCES));
  CHECK(under([&] { return unlink((elsewhere.path + "/old").c_str()) < 0 ? errno : 0; }) == exit_code(EACCES));
  CHECK(under([&] { return open_errno(elsewhere.path + "/old", O_RDONLY); }) == exit_code(0));
  CHECK(under([] {
          if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) return 200;
          return mount("lxcxt-none", "/tmp", "tmpfs", 0, nullptr) < 0 ? errno : 0;
        }) == exit_code(EPERM));
}

TEST_CASE("monitor.write opens further directories and single files") {
  need_abi(3);
  const TemporaryDirectory container, more, single;
  REQUIRE(open_errno(single.path + "/old", O_WRONLY | O_CREAT) == 0);
  const Compiled fence(keys({{"monitor", "on"}, {"monitor.write", more.path}, {"monitor.write", single.path + "/old"}}), container.path);
  const auto under = [&](auto body) { return fence.under("monitor.landlock", body); };
  CHECK(under([&] { return open_errno(more.path + "/a", O_WRONLY | O_CREAT); }) == exit_code(0));
  CHECK(under([&] { return open_errno(single.path + "/old", O_WRONLY | O_TRUNC); }) == exit_code(0));
  CHECK(under([&] { return open_errno(single.path + "/a", O_WRONLY | O_CREAT); }) == exit_code(EACCES));
}

TEST_CASE("validation needs no container's directory, and emits nothing") {
  need_abi(3);
  FakeCall call(keys({{"monitor", "on"}}));
  CHECK(verb(call, "", false) == LXCX_OK);
  CHECK(call.fds.empty());
}

TEST_CASE("what cannot be fenced is refused before anything is touched") {
  need_abi(3);
  FakeCall missing(keys({{"monitor", "on"}, {"monitor.write", "/nowhere/at/all"}}));
  CHECK(verb(missing, "/", false) == LXCX_NOT_FOUND);
  CHECK(missing.message == "lxcx.security.landlock.monitor.write: open '/nowhere/at/all'");
  FakeCall word(keys({{"payload.scope", "everything"}}));
  CHECK(verb(word, "/") == LXCX_CONFIG);
  CHECK(word.fds.empty());
}
