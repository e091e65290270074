// SPDX-License-Identifier: Apache-2.0
// stop, and the moment between two lives of a container in which it has no run directory. The container is a process that ends by SIGINT; this
// process is its monitor, and knows by the count of another process's kernel calls that the moment was seen.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <optional>

#include "core/kernel/faulty_kernel.hpp"
#include "core/kernel/files.hpp"
#include "core/monitor/monitor.hpp"
#include "core/monitor/protocol.hpp"
#include "core/stop/stop.hpp"
#include "tests/unit/kernel/temporary_directory.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

/// Each look of the waiting command at the run directory is a call or more.
constexpr long calls_that_saw_it = 8;

/// Closing it would not do: the forked processes have copies of the descriptor, and flock(2) belongs to all of them.
void unlock(const UniqueFd& lock) { REQUIRE(::flock(lock.get(), LOCK_UN) == 0); }

class TwoLives {
 public:
  TwoLives() : host_{real_kernel(), Log::none(), plugins_, {}, {directory_ / "run"}, {}, real_config_source(), {}} {}
  TwoLives(const TwoLives&) = delete;
  TwoLives& operator=(const TwoLives&) = delete;
  ~TwoLives() {
    for (const pid_t process : {stopper_, init_, answerer_})
      if (process > 0) {
        ::kill(process, SIGKILL);
        ::waitpid(process, nullptr, 0);
      }
  }

  /// A run directory as a start leaves it, with a new init.
  void begin_life(const ProcessId& monitor) {
    init_ = ::fork();
    REQUIRE(init_ >= 0);
    if (init_ == 0) be_init();
    run_.emplace(RunDirectory::create(real_kernel(), host_.root, paths_).value());
    REQUIRE(run_->write_config(""));
    RunState state;
    state.state = State::running;
    state.lxcpath = paths_.lxcpath;
    state.name = paths_.name;
    state.monitor = monitor;
    state.init = {init_, start_time_of(init_).value()};
    REQUIRE(run_->write_state(state));
  }

  /// Its monitor is at its work: it answers pings.
  void begin_monitor() {
    end_monitor();
    const UniqueFd control = make_control_socket(real_kernel(), run_->fd()).value();
    answerer_ = ::fork();
    REQUIRE(answerer_ >= 0);
    if (answerer_ == 0) answer_pings(control.get());
  }

  /// lxcx stop, in a process that ends with the error's code, or 0.
  void stop(const StopRequest& request) {
    stopper_ = ::fork();
    REQUIRE(stopper_ >= 0);
    if (stopper_ != 0) return;
    FaultyKernel kernel(real_kernel(), *record_, 0, 0);
    Host host{kernel, Log::none(), plugins_, {}, host_.root, {}, host_.source, {}};
    const Result<void> stopped = stop_container(host, paths_, request);
    ::_exit(stopped ? 0 : static_cast<int>(stopped.error().code));
  }

  void end_life() {
    while (::waitpid(init_, nullptr, WNOHANG) == 0) {
      REQUIRE_FALSE(has_ended());  // who gave up will not end init either
      ::usleep(1000);
    }
    init_ = 0;
    end_monitor();
    REQUIRE(run_->remove());
  }

  /// Until the stopping process has looked several times, or ended.
  void let_it_look() {
    const long before = record_->calls;
    while (record_->calls < before + calls_that_saw_it && !has_ended()) ::usleep(1000);
  }

  int status() {
    if (stopper_ > 0) {
      REQUIRE(::waitpid(stopper_, &wait_status_, 0) == stopper_);
      stopper_ = 0;
    }
    return WIFEXITED(wait_status_) ? WEXITSTATUS(wait_status_) : -1;
  }

  /// By the file itself: this one is unlocked while a fork still has it.
  UniqueFd lock() {
    REQUIRE(make_directories(real_kernel(), host_.root.of_lxcpath(paths_.lxcpath), 0700));
    return open_locked(real_kernel(), host_.root.lock_of(paths_), O_RDWR | O_CREAT, 0600, 0).value();
  }

 private:
  bool has_ended() {
    if (::waitpid(stopper_, &wait_status_, WNOHANG) == stopper_) stopper_ = 0;
    return stopper_ == 0;
  }

  void end_monitor() {
    if (answerer_ <= 0) return;
    ::kill(answerer_, SIGKILL);
    ::waitpid(answerer_, nullptr, 0);
    answerer_ = 0;
  }

  [[noreturn]] static void answer_pings(int control) {
    std::uint8_t answer[control::header_size], request[control::max_request];
    control::put_header(answer, static_cast<std::uint16_t>(control::Type::ping) | control::answer_bit, 0);
    while (true) {
      const UniqueFd client(::accept4(control, nullptr, nullptr, SOCK_CLOEXEC));
      while (client && ::recv(client.get(), request, sizeof request, 0) > 0) ::send(client.get(), answer, sizeof answer, MSG_NOSIGNAL);
    }
  }

  [[noreturn]] static void be_init() {
    ::signal(SIGINT, [](int) { ::_exit(0); });
    while (true) ::pause();
  }

  test::TemporaryDirectory directory_;
  Plugins plugins_{real_kernel(), Log::none(), {}};
  Host host_;
  ContainerPaths paths_{directory_ / "containers", "web"};
  FaultRecord* record_ = map_fault_record(nullptr).value();
  std::optional<RunDirectory> run_;
  pid_t init_ = 0, stopper_ = 0, answerer_ = 0;
  int wait_status_ = 0;
};

StopRequest reboot() {
  StopRequest request;
  request.name = "web";
  request.reboot = true;
  request.timeout_s = -1;
  return request;
}

}  // namespace

TEST_CASE("a reboot is waited for through the moment in which there is no container", "[stop]") {
  TwoLives lives;
  lives.begin_life(this_process());
  lives.stop(reboot());
  lives.end_life();
  lives.let_it_look();
  lives.begin_life(this_process());
  lives.let_it_look();  // the second life is not there to stay before its monitor answers
  lives.begin_monitor();
  CHECK(lives.status() == 0);
}

TEST_CASE("a reboot whose monitor dies in that moment has failed, and nobody waits on", "[stop]") {
  TwoLives lives;
  const pid_t monitor = ::fork();
  REQUIRE(monitor >= 0);
  if (monitor == 0)
    while (true) ::pause();
  lives.begin_life({monitor, start_time_of(monitor).value()});
  lives.stop(reboot());
  lives.end_life();
  lives.let_it_look();
  ::kill(monitor, SIGKILL);
  REQUIRE(::waitpid(monitor, nullptr, 0) == monitor);
  CHECK(lives.status() == static_cast<int>(Code::kernel));
}

TEST_CASE("who comes in that moment waits for what comes of it", "[stop]") {
  TwoLives lives;
  StopRequest request = reboot();
  SECTION("and reboots the second life") {}
  SECTION("and is told when there is none") { request.reboot = false; }
  std::optional<UniqueFd> lock = lives.lock();
  lives.stop(request);
  lives.let_it_look();
  if (!request.reboot) {
    unlock(*lock);
    CHECK(lives.status() == static_cast<int>(Code::not_found));
    return;
  }
  lives.begin_life(this_process());
  unlock(*lock);
  lives.end_life();
  lives.let_it_look();
  lives.begin_life(this_process());
  lives.begin_monitor();
  CHECK(lives.status() == 0);
}
