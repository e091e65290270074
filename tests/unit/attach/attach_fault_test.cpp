// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <span>
#include <utility>

#include "core/kernel/faulty_kernel.hpp"
#include "test_container.hpp"

namespace fs = std::filesystem;
using namespace lxcx;
using namespace lxcx::core;

namespace {

long open_fds() { return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()); }

/// attach true with call `nth` failing, in a process of its own. 0: it ended as it should, and left no child, no fd; else which promise broke.
int attach_with_fault(const EnterTarget& target, FaultRecord& record, long nth, EnterOptions::Tty tty) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
    ::close(null);
    const long before = open_fds();
    EnterOptions options;
    options.command = {"true"};
    options.tty = tty;
    FaultyKernel kernel(real_kernel(), record, nth, EIO);
    const auto status = enter_container(kernel, Log::none(), target, options);
    // Without its relay a command on a terminal is hung up on, if it has not ended before.
    const bool may_hang_up = tty == EnterOptions::Tty::always && std::string_view(record.failed_call.data()) == "poll";
    if (status && *status != 0 && !(may_hang_up && *status == 128 + SIGHUP)) ::_exit(10);
    if (open_fds() != before) ::_exit(11);
    // What may remain is a child that nobody could wait for, because that very call failed; it must have ended by itself.
    for (int i = 0; i < 500; ++i) {
      const pid_t left = ::waitpid(-1, nullptr, WNOHANG | __WALL);
      if (left < 0) ::_exit(0);
      if (left == 0) ::usleep(2000);
    }
    ::_exit(12);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/// A filter that lets everything pass and has a listener all the same.
void add_listener(EnterTarget& target) {
  const sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  target.actions.push_back(
      {SecurityAction::Type::seccomp, std::string(reinterpret_cast<const char*>(&allow), sizeof allow), SECCOMP_FILTER_FLAG_NEW_LISTENER, {}});
  target.take_listener = [](const UniqueFd&) -> Result<void> { return {}; };
}

/// Of the three descriptors that an attach waits at (status pipe, signals, listener) it tells by turns: at first of a signal alone, at a moment when
/// the others have news already, and then the truth, unless something was read in between.
class SignalFirst final : public FaultyKernel {
 public:
  using FaultyKernel::FaultyKernel;
  Result<int> poll(std::span<pollfd> fds, int timeout_ms) override {
    const bool tells_all = fds.size() != 3 || std::exchange(has_told_of_signal_, true);
    if (tells_all) return FaultyKernel::poll(fds, timeout_ms);
    Result<int> ready = FaultyKernel::poll(fds.first(1), timeout_ms);
    for (pollfd& each : fds) each.revents = 0;
    fds[1].revents = POLLIN;
    return ready;
  }
  Result<std::size_t> read(int fd, void* buffer, std::size_t size) override {
    has_told_of_signal_ = false;
    return FaultyKernel::read(fd, buffer, size);
  }

 private:
  bool has_told_of_signal_ = false;
};

}  // namespace

TEST_CASE("a listener that comes together with a signal is handed over", "[attach][root]") {
  test::TestContainer container({.cgroup = true});
  EnterTarget target = container.target();
  add_listener(target);
  bool is_taken = false;
  target.take_listener = [&is_taken](const UniqueFd&) -> Result<void> {
    is_taken = true;
    return {};
  };
  EnterOptions options;
  options.command = {"true"};
  options.tty = EnterOptions::Tty::never;
  FaultRecord& record = **map_fault_record(nullptr);
  SignalFirst kernel(real_kernel(), record, 0, EIO);
  const auto status = enter_container(kernel, Log::none(), target, options);
  REQUIRE(status);
  CHECK(*status == 0);
  CHECK(is_taken);
}

TEST_CASE("attach hangs on nothing and leaves nothing, whichever call fails", "[attach][root][fault]") {
  test::TestContainer container({.cgroup = true});
  const auto tty = GENERATE(EnterOptions::Tty::automatic, EnterOptions::Tty::always);
  EnterTarget target = container.target();
  if (tty == EnterOptions::Tty::automatic) add_listener(target);
  FaultRecord& counted = **map_fault_record(nullptr);
  REQUIRE(attach_with_fault(target, counted, 0, tty) == 0);
  REQUIRE(counted.calls > 40);
  for (long nth = 1; nth <= counted.calls; ++nth) {
    FaultRecord& record = **map_fault_record(nullptr);
    const int broken = attach_with_fault(target, record, nth, tty);
    INFO("call " << nth << ": " << record.failed_call.data());
    CHECK(broken == 0);
  }
}
