// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "lxcx/fd.hpp"
#include "net-veth/service/connection.hpp"

namespace lxcx::net::service {
namespace {

// All of them and the main process are below the unit's TasksMax.
constexpr long most_workers = 128;
constexpr long most_workers_of_a_user = 16;
constexpr long most_refusers = 16;
constexpr int idle_ms = 60'000;
constexpr int moment_ms = 100;

/// What a child reports once it has a connection.
struct Taken {
  uid_t user = 0;
  bool is_refused = false;
};

struct Child {
  pid_t pid = 0;
  Taken taken;
};

Result<Fd> open_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) ::sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return fail_errno(errno, "sigprocmask");
  Fd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return fail_errno(errno, "signalfd");
  return signals;
}

/// Holds no connection, ever: closing the last reference closes what an unread message carries, a TCP socket with SO_LINGER for instance, and waits
/// for it as long as its owner likes. A child accepts, and closes nothing of it before it exits: nobody lingers then (PF_EXITING, inet_release()).
class Server {
 public:
  Server(int listening, const Means& means, Fd signals) : listening_(listening), means_(means), signals_(std::move(signals)) {}

  Result<void> run(bool ends_idle) {
    bool rests = false;
    for (;;) {
      // Connections that cannot be taken now wait in the kernel's queue: poll(2) ignores a negative descriptor.
      const bool takes = !rests && count_of([](const Child& child) { return child.taken.is_refused; }) < most_refusers;
      std::array<pollfd, 2> ready{{{signals_.get(), POLLIN, 0}, {takes ? listening_ : -1, POLLIN, 0}}};
      const int count = ::poll(ready.data(), ready.size(), rests ? moment_ms : ends_idle ? idle_ms : -1);
      if (count < 0 && errno != EINTR) return fail_errno(errno, "poll");
      if (count > 0 && ready[0].revents != 0 && hears_the_end()) return {};
      if (count == 0 && takes && children_.empty()) return {};
      rests = count > 0 && ready[1].revents != 0 && !take_one();
    }
  }

 private:
  long count_of(auto&& is_counted) const { return std::ranges::count_if(children_, is_counted); }

  bool hears_the_end() {
    signalfd_siginfo info{};
    bool ends = false;
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) ends = ends || info.ssi_signo != SIGCHLD;
    for (pid_t ended; (ended = ::waitpid(-1, nullptr, WNOHANG)) > 0;)
      std::erase_if(children_, [&](const Child& child) { return child.pid == ended; });
    return ends;
  }

  /// False when no connection was taken, for want of a process or descriptors. A pipe, since older kernels collect everybody's garbage, and linger
  /// for it, where a socket of unix(7) is closed (unix_release_sock()).
  bool take_one() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    const Fd reports(ends[0]);
    Fd report(ends[1]);
    const pid_t pid = ::fork();
    if (pid == 0) work(report.get());
    report.reset();
    Taken taken;
    if (pid < 0 || ::read(reports.get(), &taken, sizeof taken) != sizeof taken) return false;
    children_.push_back({pid, taken});
    return true;
  }

  bool is_busy_for(uid_t user) const {
    const long workers = count_of([](const Child& child) { return !child.taken.is_refused; });
    const long of_user = count_of([&](const Child& child) { return !child.taken.is_refused && child.taken.user == user; });
    return workers >= most_workers || of_user >= most_workers_of_a_user;
  }

  /// The child's whole life; main waits for the report, so that its table of children is exact. SIGTERM stays blocked: what was begun is finished.
  [[noreturn]] void work(int report) {
    const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::optional<uid_t> user = user_of(connection);
    if (!user) ::_exit(1);
    const Taken taken{*user, is_busy_for(*user)};
    if (::write(report, &taken, sizeof taken) != sizeof taken) ::_exit(1);
    ::close(report);
    ::close(listening_);
    if (taken.is_refused)
      reply(connection, fail(Code::busy, "the service has too many requests to answer", "try again"));
    else
      serve(connection, *user, means_);
    ::_exit(0);
  }

  int listening_;
  const Means& means_;
  Fd signals_;
  std::vector<Child> children_;
};

}  // namespace

Result<void> run_server(int listening, const Means& means, bool ends_idle) {
  LXCX_TRY(signals, open_signals());
  return Server(listening, means, std::move(signals)).run(ends_idle);
}

}  // namespace lxcx::net::service
