// SPDX-License-Identifier: Apache-2.0
#include "core/autostart/run.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "core/base/error_frame.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

using Clock = std::chrono::steady_clock;

enum class Progress {
  waiting,
  going_on,
  done,
  failed
};

struct Worker {
  pid_t pid = 0;
  UniqueFd pidfd, report;  ///< report: a packed error, if there is one
  std::string text;
};

class Conductor {
 public:
  Conductor(Kernel& kernel, const std::vector<AutostartItem>& plan, unsigned jobs, const std::function<Result<void>(const AutostartItem&)>& act,
            const std::function<void(const AutostartItem&, const Error*)>& on_done)
      : kernel_(kernel), plan_(plan), jobs_(std::max(jobs, 1U)), act_(act), on_done_(on_done), progress_(plan.size(), Progress::waiting) {}

  Result<void> conduct() {
    while (true) {
      for (std::size_t i = 0; i < plan_.size(); ++i)
        if (progress_[i] == Progress::waiting) LXCX_CHECK(try_begin(i));
      if (std::ranges::none_of(progress_, [](Progress p) { return p == Progress::waiting || p == Progress::going_on; })) return {};
      LXCX_CHECK(wait());
    }
  }

 private:
  static bool is_over(Progress progress) { return progress == Progress::done || progress == Progress::failed; }

  Result<void> try_begin(std::size_t i) {
    const AutostartItem& item = plan_[i];
    if (item.refusal) {
      fail_item(i, *item.refusal);
      return {};
    }
    for (const std::size_t other : item.needs)
      if (progress_[other] == Progress::failed) {
        const std::string& name = plan_[other].name;
        fail_item(i, {Code::not_running, 0, "it requires '" + name + "', which did not start", "see why '" + name + "' failed", {}, {}, {}});
        return {};
      }
    return may_begin(i) ? begin(i) : Result<void>();
  }

  bool may_begin(std::size_t i) const {
    if (workers_.size() >= jobs_ || Clock::now() < hold_) return false;
    for (std::size_t other = 0; other < plan_.size(); ++other) {
      if (is_over(progress_[other])) continue;
      if (plan_[other].rank < plan_[i].rank) return false;
      // lxc.start.delay is for whoever comes later, also within a rank.
      if (other < i && plan_[other].rank == plan_[i].rank && plan_[other].delay_s > 0) return false;
    }
    return std::ranges::all_of(plan_[i].waits_for, [&](std::size_t other) { return is_over(progress_[other]); });
  }

  void fail_item(std::size_t i, Error error) {
    error.context.push_back("start " + plan_[i].name);
    progress_[i] = Progress::failed;
    on_done_(plan_[i], &error);
  }

  Result<void> begin(std::size_t i) {
    LXCX_TRY(ends, kernel_.pipe2(O_CLOEXEC));
    LXCX_TRY(pid, kernel_.fork());
    if (pid == 0) {
      ends.first.reset();
      work(i, ends.second.get());
    }
    ends.second.reset();
    Worker worker;
    worker.pid = pid;
    worker.report = std::move(ends.first);
    LXCX_TRY(pidfd, kernel_.pidfd_open(pid));
    worker.pidfd = std::move(pidfd);
    progress_[i] = Progress::going_on;
    workers_.emplace(i, std::move(worker));
    return {};
  }

  [[noreturn]] void work(std::size_t i, int report) {
    const Result<void> done = act_(plan_[i]);
    if (!done) (void)write_all(kernel_, report, pack_error(done.error()));
    ::_exit(done ? 0 : static_cast<int>(done.error().code));
  }

  Result<void> wait() {
    std::vector<pollfd> fds;
    std::vector<std::size_t> owners;
    for (const auto& [i, worker] : workers_) {
      fds.push_back({worker.pidfd.get(), POLLIN, 0});
      fds.push_back({worker.report ? worker.report.get() : -1, POLLIN, 0});
      owners.push_back(i);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(hold_ - Clock::now()).count();
    LXCX_CHECK(kernel_.poll(fds, left > 0 ? static_cast<int>(std::min<long>(left, 1'000'000)) : -1));
    for (std::size_t at = 0; at < owners.size(); ++at) {
      Worker& worker = workers_.at(owners[at]);
      if (fds[2 * at + 1].revents != 0) LXCX_CHECK(hear(worker));
      if (fds[2 * at].revents != 0) LXCX_CHECK(finish(owners[at]));
    }
    return {};
  }

  Result<void> hear(Worker& worker) {
    std::array<char, 4096> buffer{};
    LXCX_TRY(size, kernel_.read(worker.report.get(), buffer.data(), buffer.size()));
    worker.text.append(buffer.data(), size);
    if (size == 0) worker.report.reset();
    return {};
  }

  Result<void> finish(std::size_t i) {
    Worker worker = std::move(workers_.extract(i).mapped());
    LXCX_TRY(status, kernel_.wait_pid(worker.pid));
    if (!status.signalled && status.value == 0) {
      progress_[i] = Progress::done;
      hold_ = std::max(hold_, Clock::now() + std::chrono::seconds(plan_[i].delay_s));
      on_done_(plan_[i], nullptr);
      return {};
    }
    // It has ended, so that nothing more comes, but the process that it left to watch the container may hold the pipe for a moment.
    if (worker.report) LXCX_CHECK(kernel_.fcntl(worker.report.get(), F_SETFL, O_NONBLOCK));
    while (worker.report && hear(worker)) {
    }
    Error error =
        worker.text.empty() ? Error{Code::internal, 0, "the process that did it ended without a word", "", {}, {}, {}} : unpack_error(worker.text);
    progress_[i] = Progress::failed;
    on_done_(plan_[i], &error);
    return {};
  }

  Kernel& kernel_;
  const std::vector<AutostartItem>& plan_;
  const unsigned jobs_;
  const std::function<Result<void>(const AutostartItem&)>& act_;
  const std::function<void(const AutostartItem&, const Error*)>& on_done_;
  std::vector<Progress> progress_;
  std::map<std::size_t, Worker> workers_;
  Clock::time_point hold_{};
};

}  // namespace

Result<void> run_autostart(Kernel& kernel, const std::vector<AutostartItem>& plan, unsigned jobs,
                           const std::function<Result<void>(const AutostartItem&)>& act,
                           const std::function<void(const AutostartItem&, const Error*)>& on_done) {
  return Conductor(kernel, plan, jobs, act, on_done).conduct();
}

}  // namespace lxcx::core
