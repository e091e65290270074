// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>

#include "core/kernel/kernel.hpp"
#include "temporary_directory.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {
Kernel& kernel = real_kernel();
}

TEST_CASE("an error names the call, its object and the errno", "[kernel]") {
  const auto opened = kernel.openat(AT_FDCWD, "/no/such/file", O_RDONLY);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message == "openat '/no/such/file'");
  CHECK(opened.error().sys_errno == ENOENT);
  CHECK(opened.error().code == Code::not_found);
}

TEST_CASE("what openat, dup and pipe2 return does not survive exec", "[kernel]") {
  const auto opened = kernel.openat(AT_FDCWD, "/", O_PATH);
  REQUIRE(opened);
  CHECK(::fcntl(opened->get(), F_GETFD) == FD_CLOEXEC);
  const auto copy = kernel.dup(opened->get());
  REQUIRE(copy);
  CHECK(::fcntl(copy->get(), F_GETFD) == FD_CLOEXEC);
  const auto ends = kernel.pipe2(0);
  REQUIRE(ends);
  CHECK(::fcntl(ends->first.get(), F_GETFD) == FD_CLOEXEC);
}

TEST_CASE("dup2 onto itself makes the fd survive exec", "[kernel]") {
  const auto opened = kernel.openat(AT_FDCWD, "/", O_PATH);
  REQUIRE(kernel.dup2(opened->get(), opened->get()));
  CHECK(::fcntl(opened->get(), F_GETFD) == 0);
}

TEST_CASE("getdents lists all names, each time from the start", "[kernel]") {
  test::TemporaryDirectory directory;
  for (int i = 0; i < 1000; ++i) std::ofstream(directory / ("file-" + std::to_string(i))) << "";
  const auto opened = kernel.openat(AT_FDCWD, directory.path().c_str(), O_RDONLY | O_DIRECTORY);
  for (int round = 0; round < 2; ++round) {
    const auto names = kernel.getdents(opened->get());
    REQUIRE(names);
    CHECK(names->size() == 1000);
    CHECK(std::count(names->begin(), names->end(), "file-999") == 1);
  }
}

TEST_CASE("readlinkat gives long targets whole", "[kernel]") {
  test::TemporaryDirectory directory;
  const std::string target(3000, 't');
  REQUIRE(kernel.symlinkat(target.c_str(), directory.fd(), "link"));
  CHECK(kernel.readlinkat(directory.fd(), "link").value() == target);
}

TEST_CASE("a lock that is held is busy", "[kernel]") {
  test::TemporaryDirectory directory;
  const auto one = kernel.openat(directory.fd(), "lock", O_RDWR | O_CREAT, 0600);
  const auto two = kernel.openat(directory.fd(), "lock", O_RDWR);
  REQUIRE(kernel.flock(one->get(), LOCK_EX | LOCK_NB));
  const auto refused = kernel.flock(two->get(), LOCK_EX | LOCK_NB);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::busy);
}

TEST_CASE("messages carry fds, close-on-exec, and are never cut silently", "[kernel]") {
  auto ends = kernel.socketpair(SOCK_SEQPACKET);
  REQUIRE(ends);
  const auto opened = kernel.openat(AT_FDCWD, "/", O_PATH);
  const int fds[] = {opened->get(), opened->get()};
  REQUIRE(kernel.sendmsg(ends->first.get(), "hello", fds));
  std::vector<UniqueFd> received;
  CHECK(kernel.recvmsg(ends->second.get(), 100, received).value() == "hello");
  REQUIRE(received.size() == 2);
  CHECK(::fcntl(received[0].get(), F_GETFD) == FD_CLOEXEC);

  REQUIRE(kernel.sendmsg(ends->first.get(), "too long for it", fds));
  const auto cut = kernel.recvmsg(ends->second.get(), 3, received);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().sys_errno == EMSGSIZE);
  CHECK(received.size() == 2);

  ends->first.reset();
  CHECK(kernel.recvmsg(ends->second.get(), 100, received).value().empty());
}

TEST_CASE("a socket's path is never cut and never abstract", "[kernel]") {
  const auto socket = kernel.socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(kernel.bind_unix(socket->get(), std::string(200, 'x').c_str()).error().sys_errno == ENAMETOOLONG);
  CHECK(kernel.bind_unix(socket->get(), "").error().sys_errno == EINVAL);
}

TEST_CASE("wait_pid tells exits from signals", "[kernel]") {
  const auto exits = kernel.fork();
  if (*exits == 0) ::_exit(7);
  const auto seven = kernel.wait_pid(*exits);
  REQUIRE(seven);
  CHECK_FALSE(seven->signalled);
  CHECK(seven->as_shell() == 7);

  const auto killed = kernel.fork();
  if (*killed == 0) {
    ::raise(SIGKILL);
    ::_exit(0);
  }
  const auto nine = kernel.wait_pid(*killed);
  REQUIRE(nine);
  CHECK(nine->signalled);
  CHECK(nine->as_shell() == 128 + SIGKILL);
}

TEST_CASE("wait_pidfd waits no longer than asked", "[kernel]") {
  const auto child = kernel.fork();
  if (*child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto pidfd = kernel.pidfd_open(*child);
  REQUIRE(pidfd);
  CHECK_FALSE(kernel.wait_pidfd(pidfd->get(), 20).value());
  REQUIRE(kernel.pidfd_send_signal(pidfd->get(), SIGKILL));
  CHECK(kernel.wait_pidfd(pidfd->get(), 5000).value());
  CHECK(kernel.wait_pid(*child).value().signalled);
}

TEST_CASE("fsconfig brings the file system's own words", "[kernel][root]") {
  const auto context = kernel.fsopen("tmpfs");
  REQUIRE(context);
  const auto refused = kernel.fsconfig(context->get(), FSCONFIG_SET_STRING, "no_such_option", "1", 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sys_errno == EINVAL);
  CHECK(refused.error().message.find("fsconfig 'no_such_option': ") == 0);
  CHECK(refused.error().message.find("Unknown parameter") != std::string::npos);
}
