// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/monitor/protocol.hpp"
#include "monitored.hpp"

using namespace lxcx;
using namespace lxcx::test;
using namespace lxcx::core::control;

namespace {

int sleep_for_ever() {
  for (;;) ::pause();
}

MonitoredOptions with_ttys(unsigned count) {
  MonitoredOptions options;
  options.init = sleep_for_ever;
  options.ttys = count;
  return options;
}

/// The code in the error that answers these bytes; -1: another answer; -2: the connection closed.
int error_for(int socket, const std::vector<std::uint8_t>& bytes) {
  (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  std::uint8_t answer[max_frame];
  const ssize_t got = ::recv(socket, answer, sizeof answer, 0);
  if (got <= 0) return -2;
  Frame frame;
  if (parse_frame(answer, static_cast<std::size_t>(got), frame) != Defect::none) return -3;
  return frame.type == error_type ? static_cast<int>(get32(frame.payload)) : -1;
}

std::vector<std::uint8_t> frame_of(std::uint16_t type, std::size_t payload) {
  std::vector<std::uint8_t> frame(header_size + payload);
  put_header(frame.data(), type, payload);
  return frame;
}

constexpr int usage = static_cast<int>(Code::usage);
constexpr int unsupported = static_cast<int>(Code::unsupported);

}  // namespace

TEST_CASE("the socket is the owner's alone, at a path of any length", "[control]") {
  TemporaryDirectory directory;
  std::string deep = directory.path();
  for (int level = 0; level < 10; ++level) {
    deep += "/" + std::string(100, 'd');
    REQUIRE(::mkdir(deep.c_str(), 0700) == 0);
  }
  MonitoredOptions options = with_ttys(0);
  options.run_directory = deep;
  Monitored monitored(options);
  struct stat status = {};
  REQUIRE(::stat(monitored.file("control").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  auto client = monitored.connect();
  REQUIRE(client);
  CHECK(client->ping());
}

TEST_CASE("a monitor takes a dead one's socket over", "[control]") {
  TemporaryDirectory directory;
  const core::UniqueFd fd(::open(directory.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  {
    CHECK(core::make_control_socket(core::real_kernel(), fd.get()));
  }
  const auto refused = core::ControlClient::connect(core::real_kernel(), fd.get());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::not_running);
  CHECK(core::make_control_socket(core::real_kernel(), fd.get()));
  ::unlink(directory.file("control").c_str());
  write_file(directory.file("control"), "not ours");
  CHECK_FALSE(core::make_control_socket(core::real_kernel(), fd.get()));
  CHECK(read_file(directory.file("control")) == "not ours");
}

TEST_CASE("no socket means not running", "[control]") {
  TemporaryDirectory directory;
  const core::UniqueFd fd(::open(directory.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto client = core::ControlClient::connect(core::real_kernel(), fd.get());
  REQUIRE_FALSE(client);
  CHECK(client.error().code == Code::not_running);
}

TEST_CASE("a tty belongs to one client, until its connection closes", "[control]") {
  Monitored monitored(with_ttys(2));
  auto first = monitored.connect(), second = monitored.connect(), third = monitored.connect();
  REQUIRE((first && second && third));
  CHECK(first->allocate_tty(3).error().code == Code::not_found);
  {
    auto two = first->allocate_tty(2);
    REQUIRE(two);
    CHECK(two->number == 2);
    CHECK(first->allocate_tty(1).error().code == Code::busy);  // one for each connection
    CHECK(second->allocate_tty(2).error().code == Code::busy);
    auto any = second->allocate_tty(-1);
    REQUIRE(any);
    CHECK(any->number == 1);
    CHECK(third->allocate_tty(-1).error().code == Code::busy);
  }
  first = fail(Code::internal, "closed");
  CHECK(eventually([&] {
    auto again = monitored.connect();
    return again && again->allocate_tty(2).has_value();
  }));
}

TEST_CASE("a tty is the container's pty", "[control]") {
  Monitored monitored(with_ttys(1));
  auto client = monitored.connect();
  REQUIRE(client);
  const core::UniqueFd getty(::open(monitored.tty_path(1).c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  auto tty = client->allocate_tty(1);
  REQUIRE(tty);
  write_bytes(getty.get(), "login: ");
  CHECK(read_bytes(tty->master.get(), 7) == "login: ");
}

TEST_CASE("a container without ttys or console says so", "[control]") {
  MonitoredOptions options = with_ttys(0);
  options.console = false;
  Monitored monitored(options);
  auto client = monitored.connect();
  REQUIRE(client);
  CHECK(client->allocate_tty(0).error().code == Code::not_found);
  CHECK(client->allocate_tty(-1).error().code == Code::not_found);
  CHECK(client->console_buffer(false).error().code == Code::unsupported);
}

TEST_CASE("the console has one client, and the next when it has left", "[control]") {
  Monitored monitored(with_ttys(0));
  auto first = monitored.connect(), second = monitored.connect();
  REQUIRE((first && second));
  {
    auto console = first->allocate_tty(0);
    REQUIRE(console);
    CHECK(second->allocate_tty(0).error().code == Code::busy);
  }
  first = fail(Code::internal, "closed");
  CHECK(eventually([&] { return second->allocate_tty(0).has_value(); }));
}

TEST_CASE("a console buffer larger than a frame is read whole", "[control]") {
  MonitoredOptions options;
  options.init = [] {
    write_bytes(1, std::string(50000, 'a') + std::string(50000, 'b'));
    return sleep_for_ever();
  };
  options.buffer_size = 65536;
  Monitored monitored(options);
  auto client = monitored.connect();
  REQUIRE(client);
  const std::string wanted = std::string(15536, 'a') + std::string(50000, 'b');
  CHECK(eventually([&] { return client->console_buffer(false).value_or("") == wanted; }));
}

TEST_CASE("init's pidfd is init's", "[control]") {
  Monitored monitored(with_ttys(0));
  auto client = monitored.connect();
  REQUIRE(client);
  auto pidfd = client->init_pidfd();
  REQUIRE(pidfd);
  CHECK(read_file("/proc/self/fdinfo/" + std::to_string(pidfd->get())).find("Pid:\t" + std::to_string(monitored.init()) + "\n") != std::string::npos);
}

TEST_CASE("what is no request gets an error, and the connection goes on", "[control]") {
  Monitored monitored(with_ttys(1));
  const core::UniqueFd socket = monitored.connect_raw();
  REQUIRE(socket);
  const int fd = socket.get();
  CHECK(error_for(fd, {}) == usage);
  CHECK(error_for(fd, {0}) == usage);
  CHECK(error_for(fd, std::vector<std::uint8_t>(header_size)) == usage);
  CHECK(error_for(fd, std::vector<std::uint8_t>(60000, 'x')) == usage);
  CHECK(error_for(fd, frame_of(0, 0)) == unsupported);
  CHECK(error_for(fd, frame_of(99, 0)) == unsupported);
  CHECK(error_for(fd, frame_of(error_type, 4)) == unsupported);
  for (std::uint16_t type = 1; type <= 6; ++type) {
    for (const std::size_t payload : {std::size_t{1}, std::size_t{3}, std::size_t{5}, std::size_t{7}})
      CHECK(error_for(fd, frame_of(type, payload)) == usage);
  }
  std::vector<std::uint8_t> version = frame_of(1, 0);
  version[4] = 9;
  CHECK(error_for(fd, version) == unsupported);
  CHECK(error_for(fd, frame_of(6, 4)) == usage);  // resize without the console
  CHECK(error_for(fd, frame_of(1, 0)) == -1);     // and a ping is still answered
}

TEST_CASE("descriptors sent along are not kept", "[control]") {
  Monitored monitored(with_ttys(0));
  const core::UniqueFd socket = monitored.connect_raw();
  std::vector<std::uint8_t> ping = frame_of(1, 0);
  const auto count = [&] {
    int open = 0;
    for (int fd = 0; fd < 256; ++fd) open += exists("/proc/" + std::to_string(monitored.monitor()) + "/fd/" + std::to_string(fd));
    return open;
  };
  REQUIRE(error_for(socket.get(), ping) == -1);
  const int before = count();
  const int fds[] = {0, 1, 2};
  const std::string_view bytes(reinterpret_cast<const char*>(ping.data()), ping.size());
  for (int i = 0; i < 50; ++i) {
    REQUIRE(core::real_kernel().sendmsg(socket.get(), bytes, fds));
    std::uint8_t answer[64];
    REQUIRE(::recv(socket.get(), answer, sizeof answer, 0) > 0);
  }
  CHECK(count() == before);
}

TEST_CASE("a client who never reads its answers is dropped, and costs nobody else", "[control]") {
  Monitored monitored(with_ttys(0));
  const core::UniqueFd socket = monitored.connect_raw();
  const std::vector<std::uint8_t> ping = frame_of(1, 0);
  int sent = 0;
  for (; sent < 100000; ++sent) {
    if (::send(socket.get(), ping.data(), ping.size(), MSG_NOSIGNAL) < 0) break;
  }
  CHECK(sent < 100000);
  auto client = monitored.connect();
  REQUIRE(client);
  CHECK(client->ping());
}

TEST_CASE("there are 32 connections, and the 33rd is told so", "[control]") {
  Monitored monitored(with_ttys(0));
  std::vector<core::ControlClient> clients;
  for (int i = 0; i < 32; ++i) {
    auto client = monitored.connect();
    REQUIRE(client);
    REQUIRE(client->ping());
    clients.push_back(std::move(*client));
  }
  auto refused = monitored.connect();
  REQUIRE(refused);
  const auto answer = refused->ping();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Code::busy);
  clients.pop_back();
  CHECK(eventually([&] {
    auto next = monitored.connect();
    return next && next->ping().has_value();
  }));
}
