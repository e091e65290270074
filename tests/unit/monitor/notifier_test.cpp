// SPDX-License-Identifier: Apache-2.0
// Questions, answers, and the many ways of not getting one: a real filter, and a proxy that the test plays.
#include "core/monitor/program/notifier.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>

#include "monitored.hpp"
#include "notified.hpp"

using namespace lxcx;
using namespace lxcx::test;
using core::UniqueFd;
using monitor::Notifier;
using monitor::NotifyOptions;

namespace {

constexpr std::uint32_t first_event = 100;

/// An owner's loop, a look at a time.
class Loop {
 public:
  explicit Loop(const NotifyOptions& options) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    const auto report = [](void* whom, const char* text) { static_cast<std::vector<std::string>*>(whom)->emplace_back(text); };
    notifier.open(options, epoll_.get(), first_event, report, &said);
  }
  void look() {
    std::array<epoll_event, 16> events{};
    const int own = notifier.timeout_ms();
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), own >= 0 && own < 5 ? own : 5);
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i)
      notifier.on_event(events[i].data.u32 - first_event, events[i].events);
    notifier.expire();
  }
  template <class Claim>
  bool until(Claim claim) {
    return eventually([&] {
      look();
      return static_cast<bool>(claim());
    });
  }
  std::optional<long> result_of(const NotifiedProcess& process) {
    REQUIRE(until([&] { return process.has_result(); }));
    return process.result();
  }
  UniqueFd connection_to(const TestProxy& proxy) {
    UniqueFd connection;
    REQUIRE(until([&] { return static_cast<bool>(connection = proxy.accept()); }));
    return connection;
  }
  ProxyQuestion question_at(int connection) {
    std::optional<ProxyQuestion> question;
    REQUIRE(until([&] { return (question = TestProxy::hear(connection)).has_value(); }));
    return std::move(*question);
  }

  std::vector<std::string> said;
  Notifier notifier;

 private:
  UniqueFd epoll_;
};

NotifyOptions options_for(const std::string& address, std::uint64_t timeout_ms = 20000) {
  NotifyOptions options;
  options.proxy = address.c_str();
  options.cookie = "sweet";
  options.timeout_ms = timeout_ms;
  options.init = 4711;
  return options;
}

std::string link_of(int fd) {
  std::array<char, 256> target{};
  const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), target.data(), target.size());
  return {target.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

}  // namespace

TEST_CASE("the proxy sees the call, its process and the cookie, and what it says is what the call gives", "[notify]") {
  TemporaryDirectory directory;
  TestProxy proxy(directory.file("proxy"));
  const std::string address = proxy.address();
  Loop loop(options_for(address));
  NotifiedProcess process;
  REQUIRE(loop.notifier.add(process.take_listener().release()) == Notifier::Added::yes);
  process.call();
  const UniqueFd connection = loop.connection_to(proxy);
  const ProxyQuestion question = loop.question_at(connection.get());
  CHECK(question.bytes.size() == 32 + 80 + 24 + 5);
  CHECK(question.bytes.ends_with("sweet"));
  CHECK(question.request().pid == static_cast<std::uint32_t>(process.pid()));
  REQUIRE(question.fds.size() == 3);
  CHECK(link_of(question.fds[0].get()) == "/proc/" + std::to_string(process.pid()));
  CHECK(link_of(question.fds[1].get()) == "/proc/" + std::to_string(process.pid()) + "/mem");
  CHECK((::fcntl(question.fds[1].get(), F_GETFL) & O_ACCMODE) == O_RDWR);
  CHECK(link_of(question.fds[2].get()) == "anon_inode:seccomp notify");
  CHECK_FALSE(process.has_result());

  SECTION("a value") {
    TestProxy::say(connection.get(), question.answer({0, 42, 0, 0}));
    CHECK(loop.result_of(process) == 42);
  }
  SECTION("an error") {
    TestProxy::say(connection.get(), question.answer({0, 0, -EXDEV, 0}));
    CHECK(loop.result_of(process) == -EXDEV);
  }
  SECTION("continue") {
    TestProxy::say(connection.get(), question.answer({0, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE}));
    CHECK(loop.result_of(process) == ::getpid());
  }
  SECTION("with the cookie sent back") {
    TestProxy::say(connection.get(), question.answer({0, 43, 0, 0}) + "sweet");
    CHECK(loop.result_of(process) == 43);
  }
  CHECK(loop.said.empty());
  // The next question comes by the same connection.
  process.call();
  const ProxyQuestion next = loop.question_at(connection.get());
  TestProxy::say(connection.get(), next.answer({0, 5, 0, 0}));
  CHECK(loop.result_of(process) == 5);
}

TEST_CASE("an abstract address is one too", "[notify]") {
  const std::string address = "unix:@lxcxt-no-such-proxy";
  Loop loop(options_for(address));
  NotifiedProcess process;
  REQUIRE(loop.notifier.add(process.take_listener().release()) == Notifier::Added::yes);
  process.call();
  CHECK(loop.result_of(process) == -ENOSYS);
  REQUIRE(loop.said.size() == 1);
  CHECK(loop.said[0] == "seccomp notify: the proxy cannot be reached: unix:@lxcxt-no-such-proxy: ECONNREFUSED; the system call fails with ENOSYS");
}

TEST_CASE("without a proxy a call fails with ENOSYS, and that is said once", "[notify]") {
  const std::string address = GENERATE(std::string(), std::string("unix:/nowhere/proxy"));
  Loop loop(options_for(address));
  NotifiedProcess process;
  REQUIRE(loop.notifier.add(process.take_listener().release()) == Notifier::Added::yes);
  for (int i = 0; i < 3; ++i) {
    process.call();
    CHECK(loop.result_of(process) == -ENOSYS);
  }
  REQUIRE(loop.said.size() == 1);
  CHECK(loop.said[0] == (address.empty()
                             ? "seccomp notify: there is no lxc.seccomp.notify.proxy to ask; the system call fails with ENOSYS"
                             : "seccomp notify: the proxy cannot be reached: unix:/nowhere/proxy: ENOENT; the system call fails with ENOSYS"));
}

TEST_CASE("a proxy that does not answer in time is given up, and its late answer is nobody's", "[notify]") {
  TemporaryDirectory directory;
  TestProxy proxy(directory.file("proxy"));
  const std::string address = proxy.address();
  Loop loop(options_for(address, 100));
  NotifiedProcess process;
  REQUIRE(loop.notifier.add(process.take_listener().release()) == Notifier::Added::yes);
  process.call();
  const UniqueFd connection = loop.connection_to(proxy);
  const ProxyQuestion question = loop.question_at(connection.get());
  CHECK(loop.notifier.timeout_ms() <= 100);
  CHECK(loop.result_of(process) == -ENOSYS);
  CHECK(loop.notifier.timeout_ms() == -1);
  REQUIRE(loop.said.size() == 1);
  CHECK(loop.said[0].find("did not answer in time") != std::string::npos);
  process.call();
  TestProxy::say(connection.get(), question.answer({0, 1, 0, 0}));
  const UniqueFd second = loop.connection_to(proxy);
  TestProxy::say(second.get(), loop.question_at(second.get()).answer({0, 2, 0, 0}));
  CHECK(loop.result_of(process) == 2);
}

TEST_CASE("an answer that is none makes the call fail, and the connection end", "[notify]") {
  TemporaryDirectory directory;
  TestProxy proxy(directory.file("proxy"));
  const std::string address = proxy.address();
  Loop loop(options_for(address));
  NotifiedProcess process;
  REQUIRE(loop.notifier.add(process.take_listener().release()) == Notifier::Added::yes);
  process.call();
  const UniqueFd connection = loop.connection_to(proxy);
  const ProxyQuestion question = loop.question_at(connection.get());
  const auto bytes = GENERATE(0, 1, 2, 3);
  if (bytes == 0) TestProxy::say(connection.get(), "no");
  if (bytes == 1) TestProxy::say(connection.get(), question.answer({question.request().id + 1, 0, 0, 0}));
  if (bytes == 2)
    TestProxy::say(connection.get(), question.answer({0, 1, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE}));  // the kernel refuses a value with it
  if (bytes == 3) ::shutdown(connection.get(), SHUT_RDWR);
  CHECK(loop.result_of(process) == -ENOSYS);
  CHECK(loop.said.size() == 1);
  CHECK(TestProxy::hear(connection.get()).value().bytes.empty());
}

TEST_CASE("a proxy that was started anew is found again", "[notify]") {
  TemporaryDirectory directory;
  auto proxy = std::make_unique<TestProxy>(directory.file("proxy"));
  const std::string address = proxy->address();
  Loop loop(options_for(address));
  NotifiedProcess process;
  REQUIRE(loop.notifier.add(process.take_listener().release()) == Notifier::Added::yes);
  process.call();
  {
    const UniqueFd connection = loop.connection_to(*proxy);
    TestProxy::say(connection.get(), loop.question_at(connection.get()).answer({0, 1, 0, 0}));
    CHECK(loop.result_of(process) == 1);
  }
  const bool notices = GENERATE(false, true);  // that the connection has gone, before the next call
  proxy = nullptr;
  proxy = std::make_unique<TestProxy>(directory.file("proxy"));
  if (notices) loop.look();
  process.call();
  const UniqueFd connection = loop.connection_to(*proxy);
  TestProxy::say(connection.get(), loop.question_at(connection.get()).answer({0, 2, 0, 0}));
  CHECK(loop.result_of(process) == 2);
  CHECK(loop.said.empty());
}

TEST_CASE("calls beyond the open questions wait, and fail with the oldest of these", "[notify]") {
  TemporaryDirectory directory;
  TestProxy proxy(directory.file("proxy"));
  const std::string address = proxy.address();
  constexpr std::uint64_t timeout_ms = 400;
  Loop loop(options_for(address, timeout_ms));
  std::vector<std::unique_ptr<NotifiedProcess>> processes;
  for (unsigned i = 0; i < 3 * Notifier::max_questions; ++i) {
    processes.push_back(std::make_unique<NotifiedProcess>());
    REQUIRE(loop.notifier.add(processes.back()->take_listener().release()) == Notifier::Added::yes);
  }
  const auto before = std::chrono::steady_clock::now();
  for (const auto& process : processes) process->call();
  std::vector<UniqueFd> connections;
  REQUIRE(loop.until([&] {
    if (UniqueFd connection = proxy.accept()) connections.push_back(std::move(connection));
    return connections.size() == Notifier::max_questions;
  }));
  SECTION("a free question is the next one's") {
    for (unsigned i = 0; i < processes.size(); ++i) {
      REQUIRE(loop.until([&] {
        for (const UniqueFd& connection : connections) {
          const auto question = TestProxy::hear(connection.get());
          if (question) return TestProxy::say(connection.get(), question->answer({0, 6, 0, 0})), true;
        }
        return false;
      }));
    }
    for (const auto& process : processes) CHECK(loop.result_of(*process) == 6);
    CHECK(loop.said.empty());
  }
  SECTION("nobody waits for two time-outs") {
    for (const auto& process : processes) CHECK(loop.result_of(*process) == -ENOSYS);
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::milliseconds(2 * timeout_ms));
    CHECK(loop.notifier.timeout_ms() <= 0);
    // And what comes then is asked about again.
    loop.look();
    loop.look();
    processes[0]->call();
    const UniqueFd connection = loop.connection_to(proxy);
    TestProxy::say(connection.get(), loop.question_at(connection.get()).answer({0, 9, 0, 0}));
    CHECK(loop.result_of(*processes[0]) == 9);
  }
}

TEST_CASE("a call that ends while its question is open frees everything", "[notify]") {
  TemporaryDirectory directory;
  TestProxy proxy(directory.file("proxy"));
  const std::string address = proxy.address();
  Loop loop(options_for(address));
  NotifiedProcess process, other;
  REQUIRE(loop.notifier.add(process.take_listener().release()) == Notifier::Added::yes);
  process.call();
  const UniqueFd connection = loop.connection_to(proxy);
  const ProxyQuestion question = loop.question_at(connection.get());
  process.end();
  CHECK(loop.until([&] { return !loop.notifier.has_listeners(); }));
  // Its slot is another's now; the answer to the old question is not that one's.
  REQUIRE(loop.notifier.add(other.take_listener().release()) == Notifier::Added::yes);
  TestProxy::say(connection.get(), question.answer({0, 1, 0, 0}));
  CHECK(loop.until([&] { return loop.notifier.timeout_ms() == -1; }));
  other.call();
  TestProxy::say(connection.get(), loop.question_at(connection.get()).answer({0, 3, 0, 0}));
  CHECK(loop.result_of(other) == 3);
  CHECK(loop.said.empty());
}

TEST_CASE("there is an end to how many listeners are taken, and only listeners are", "[notify]") {
  Loop loop({});
  CHECK(loop.notifier.add(::open("/dev/null", O_RDONLY | O_CLOEXEC)) == Notifier::Added::no_listener);
  NotifiedProcess process;
  const UniqueFd listener = process.take_listener();
  for (unsigned i = 0; i < Notifier::max_listeners; ++i) {
    const int copy = ::fcntl(listener.get(), F_DUPFD_CLOEXEC, 0);
    REQUIRE(loop.notifier.add(copy) == Notifier::Added::yes);
  }
  const int copy = ::fcntl(listener.get(), F_DUPFD_CLOEXEC, 0);
  CHECK(loop.notifier.add(copy) == Notifier::Added::too_many);
  CHECK(::fcntl(copy, F_GETFD) == -1);
}

TEST_CASE("whoever still waits when the notifier goes gets ENOSYS", "[notify]") {
  TemporaryDirectory directory;
  TestProxy proxy(directory.file("proxy"));
  const std::string address = proxy.address();
  auto loop = std::make_unique<Loop>(options_for(address));
  NotifiedProcess process;
  const UniqueFd listener = process.take_listener();  // the monitor's, which lives on
  REQUIRE(loop->notifier.add(::fcntl(listener.get(), F_DUPFD_CLOEXEC, 0)) == Notifier::Added::yes);
  process.call();
  const UniqueFd connection = loop->connection_to(proxy);
  (void)loop->question_at(connection.get());
  loop = nullptr;
  CHECK(process.result() == -ENOSYS);
}
