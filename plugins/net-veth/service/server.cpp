// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/server.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lxcx/fd.hpp"
#include "net-veth/service/connection.hpp"

namespace lxcx::net::service {
namespace {

constexpr std::size_t most_workers = 128;
constexpr long most_workers_of_a_user = 16;
constexpr int idle_ms = 60'000;

struct Worker {
  pid_t pid = 0;
  uid_t user = 0;
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

class Server {
 public:
  Server(int listening, const Means& means, Fd signals) : listening_(listening), means_(means), signals_(std::move(signals)) {}

  Result<void> run(bool ends_idle) {
    for (;;) {
      std::array<pollfd, 2> ready{{{signals_.get(), POLLIN, 0}, {listening_, POLLIN, 0}}};
      const int count = ::poll(ready.data(), ready.size(), ends_idle ? idle_ms : -1);
      if (count < 0 && errno != EINTR) return fail_errno(errno, "poll");
      if (ready[0].revents != 0 && hears_the_end()) return {};
      if (ready[1].revents != 0) accept_one();
      if (count == 0 && std::ranges::all_of(workers_, [](const Worker& worker) { return worker.pid == 0; })) return {};
    }
  }

 private:
  bool hears_the_end() {
    signalfd_siginfo info{};
    bool ends = false;
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) ends = ends || info.ssi_signo != SIGCHLD;
    for (pid_t ended; (ended = ::waitpid(-1, nullptr, WNOHANG)) > 0;)
      for (Worker& worker : workers_)
        if (worker.pid == ended) worker = {};
    return ends;
  }

  void accept_one() {
    const Fd connection(::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) return;
    const std::optional<uid_t> user = user_of(connection.get());
    if (!user) return;
    const auto free = std::ranges::find(workers_, 0, &Worker::pid);
    const bool is_busy = free == workers_.end() || std::ranges::count(workers_, *user, &Worker::user) >= most_workers_of_a_user;
    if (is_busy) return reply(connection.get(), fail(Code::busy, "the service has too many requests to answer", "try again"));
    const pid_t pid = ::fork();
    if (pid == 0) work(connection.get(), *user);
    if (pid < 0) return reply(connection.get(), fail_errno(errno, "fork a process of the service", "try again"));
    *free = {pid, *user};
  }

  /// SIGTERM stays blocked: what was begun is finished.
  [[noreturn]] void work(int connection, uid_t user) {
    ::close(listening_);
    serve(connection, user, means_);
    ::_exit(0);
  }

  int listening_;
  const Means& means_;
  Fd signals_;
  std::array<Worker, most_workers> workers_{};
};

}  // namespace

Result<void> run_server(int listening, const Means& means, bool ends_idle) {
  LXCX_TRY(signals, open_signals());
  return Server(listening, means, std::move(signals)).run(ends_idle);
}

}  // namespace lxcx::net::service
