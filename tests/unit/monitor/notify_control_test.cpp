// SPDX-License-Identifier: Apache-2.0
// The monitor itself as the one who asks the proxy: listeners of the start, and those that come by the control socket.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/monitor/protocol.hpp"
#include "monitored.hpp"
#include "notified.hpp"

using namespace lxcx;
using namespace lxcx::test;
using namespace lxcx::core::control;
using core::UniqueFd;

namespace {

int sleep_for_ever() {
  for (;;) ::pause();
}

UniqueFd connection_to(const TestProxy& proxy) {
  UniqueFd connection;
  REQUIRE(eventually([&] { return static_cast<bool>(connection = proxy.accept()); }));
  return connection;
}

ProxyQuestion question_at(int connection) {
  std::optional<ProxyQuestion> question;
  REQUIRE(eventually([&] { return (question = TestProxy::hear(connection)).has_value(); }));
  return std::move(*question);
}

}  // namespace

TEST_CASE("the monitor asks the proxy for init's listener and for an attached program's", "[notify]") {
  TemporaryDirectory directory;
  const TestProxy proxy(directory.file("proxy"));
  NotifiedProcess of_init, attached;
  const UniqueFd listener = of_init.take_listener();
  MonitoredOptions options;
  options.init = sleep_for_ever;
  options.listener = listener.get();
  options.notify_proxy = proxy.address();
  options.notify_cookie = "name=web";
  Monitored monitored(options);
  of_init.call();
  const UniqueFd connection = connection_to(proxy);
  const ProxyQuestion question = question_at(connection.get());
  CHECK(question.bytes.ends_with("name=web"));
  std::array<std::int32_t, 2> pids{};
  std::memcpy(pids.data(), question.bytes.data() + 8, sizeof pids);
  CHECK(pids[0] == monitored.monitor());
  CHECK(pids[1] == monitored.init());

  auto client = monitored.connect();
  REQUIRE(client);
  CHECK(client->ping());  // while a question is open
  REQUIRE(client->add_listener(attached.take_listener().get()));
  attached.call();
  const UniqueFd second = connection_to(proxy);
  TestProxy::say(second.get(), question_at(second.get()).answer({0, 2, 0, 0}));
  CHECK(attached.result() == 2);
  TestProxy::say(connection.get(), question.answer({0, 1, 0, 0}));
  CHECK(of_init.result() == 1);
}

TEST_CASE("a silent proxy holds no call for ever, and the log says so", "[notify]") {
  TemporaryDirectory directory;
  const TestProxy proxy(directory.file("proxy"));
  NotifiedProcess process;
  MonitoredOptions options;
  options.init = sleep_for_ever;
  options.notify_proxy = proxy.address();
  options.notify_timeout_ms = 100;
  options.log_file = directory.file("log");
  Monitored monitored(options);
  REQUIRE(monitored.connect()->add_listener(process.take_listener().get()));
  process.call();
  CHECK(process.result() == -ENOSYS);
  const std::string log = read_file(directory.file("log"));
  CHECK(log.starts_with("lxcx web 2"));
  CHECK(log.ends_with(" ERROR    seccomp notify: the proxy did not answer in time: " + proxy.address() + "; the system call fails with ENOSYS\n"));
}

TEST_CASE("what is no listener is refused, and closed", "[notify][control]") {
  MonitoredOptions options;
  options.init = sleep_for_ever;
  Monitored monitored(options);
  auto client = monitored.connect();
  REQUIRE(client);
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Result<void> refused = client->add_listener(null.get());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::usage);
  // Without a descriptor.
  const UniqueFd socket = monitored.connect_raw();
  std::uint8_t frame[max_frame];
  REQUIRE(::send(socket.get(), frame, encode_request(Request{Type::add_listener}, frame), MSG_NOSIGNAL) > 0);
  const ssize_t got = ::recv(socket.get(), frame, sizeof frame, 0);
  Frame answer;
  REQUIRE(parse_frame(frame, static_cast<std::size_t>(got), answer) == Defect::none);
  CHECK(answer.type == error_type);
  CHECK(get32(answer.payload) == static_cast<std::uint32_t>(Code::usage));
}

TEST_CASE("descriptors that nobody asked for do not stay", "[control]") {
  MonitoredOptions options;
  options.init = sleep_for_ever;
  Monitored monitored(options);
  const auto count = [&] {
    int fds = 0;
    for (int fd = 0; fd < 256; ++fd)
      fds += ::access(("/proc/" + std::to_string(monitored.monitor()) + "/fd/" + std::to_string(fd)).c_str(), F_OK) == 0;
    return fds;
  };
  const UniqueFd socket = monitored.connect_raw();
  std::array<std::uint8_t, max_frame> frame{};
  const std::size_t size = encode_request(Request{Type::ping}, frame.data());
  const std::string_view bytes(reinterpret_cast<const char*>(frame.data()), size);
  REQUIRE(core::real_kernel().sendmsg(socket.get(), bytes, {}));
  REQUIRE(::recv(socket.get(), frame.data(), frame.size(), 0) > 0);
  const int before = count();
  for (int i = 0; i < 3; ++i) {
    encode_request(Request{Type::ping}, frame.data());
    REQUIRE(core::real_kernel().sendmsg(socket.get(), bytes, std::array{socket.get(), socket.get()}));
    REQUIRE(::recv(socket.get(), frame.data(), frame.size(), 0) > 0);
  }
  CHECK(count() == before);
}
