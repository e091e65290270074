// SPDX-License-Identifier: Apache-2.0
#include "core/info/follow.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <set>

#include "core/kernel/signals.hpp"
#include "core/stop/stop.hpp"

namespace lxcx::core {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t of_root = IN_CREATE | IN_DELETE | IN_ONLYDIR;
constexpr std::uint32_t of_run = IN_MOVED_TO | IN_ONLYDIR;

std::int64_t now_us() { return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// One run of one container, from the making of its run directory to its removal.
struct Run {
  ContainerPaths paths;
  RunDirectory directory;
  std::uint64_t seen = 0;    ///< number of the last change that is known
  State last = State::stopped;
  bool is_over = false;      ///< told as STOPPED, whatever is still there
  UniqueFd guard;            ///< pidfd of its monitor, or of an init that lost it
  ProcessId guarded;
};

class Watcher {
 public:
  Watcher(Host& host, const FollowRequest& request, const std::function<Result<bool>(const StateEvent&)>& on_event)
      : host_(host), request_(request), on_event_(on_event) {}
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  /// What was made to be watched goes again, unless something is in it.
  ~Watcher() {
    for (const auto& [watch, lxcpath] : roots_) (void)host_.kernel.unlinkat(AT_FDCWD, host_.root.of_lxcpath(lxcpath).c_str(), AT_REMOVEDIR);
  }

  Result<FollowEnd> watch() {
    raise_descriptor_limit();
    if (request_.catches_signals) {
      LXCX_TRY(signals, BlockedSignals::block({SIGINT, SIGTERM, SIGHUP}));
      signals_.emplace(std::move(signals));
    }
    LXCX_TRY(inotify, host_.kernel.inotify_init1(IN_NONBLOCK));
    inotify_ = std::move(inotify);
    for (const std::string& lxcpath : std::set<std::string>(request_.lxcpaths.begin(), request_.lxcpaths.end())) LXCX_CHECK(add_root(lxcpath));
    is_live_ = true;
    const auto end = Clock::now() + std::chrono::seconds(std::max(request_.timeout_s, 0));
    while (!has_enough_) {
      LXCX_TRY(left, time_left(end));
      if (left == 0) return FollowEnd::timeout;
      LXCX_TRY(ended, wait_once(left));
      if (ended) return *ended;
    }
    return FollowEnd::enough;
  }

 private:
  using Key = std::pair<std::string, std::string>;  // lxcpath, name

  /// Two descriptors for each container that runs.
  void raise_descriptor_limit() const {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    (void)host_.kernel.prlimit(0, RLIMIT_NOFILE, limit);
  }

  Result<int> time_left(Clock::time_point end) const {
    if (request_.timeout_s < 0) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
  }

  Result<std::optional<FollowEnd>> wait_once(int timeout_ms) {
    std::vector<pollfd> fds{{inotify_.get(), POLLIN, 0}, {signals_ ? signals_->fd() : -1, POLLIN, 0}, {request_.output_fd, 0, 0}};
    std::vector<Key> guarded;
    for (const auto& [key, run] : runs_) {
      if (!run.guard) continue;
      fds.push_back({run.guard.get(), POLLIN, 0});
      guarded.push_back(key);
    }
    LXCX_CHECK(host_.kernel.poll(fds, timeout_ms));
    // What has happened is told before the end.
    if (fds[0].revents != 0) LXCX_CHECK(take_notices());
    if (fds[1].revents != 0 && signals_->next() != 0) return FollowEnd::interrupted;
    if ((fds[2].revents & (POLLERR | POLLHUP)) != 0) return FollowEnd::unread;
    for (std::size_t i = 0; i < guarded.size() && !has_enough_; ++i)
      if (fds[i + 3].revents != 0) LXCX_CHECK(look_again(guarded[i]));
    return std::optional<FollowEnd>();
  }

  /// The directory is made if need be. It goes with the last lock in it (locks.cpp), which may be right after.
  Result<void> add_root(const std::string& lxcpath) {
    constexpr int tries = 10;
    const std::string path = host_.root.of_lxcpath(lxcpath);
    for (int tried = 1;; ++tried) {
      LXCX_CHECK(make_run_root(host_.kernel, host_.root, lxcpath));
      const Result<int> watch = host_.kernel.inotify_add_watch(inotify_.get(), path.c_str(), of_root);
      if (!watch && (watch.error().sys_errno != ENOENT || tried == tries)) return std::unexpected(watch.error());
      if (!watch) continue;
      roots_[*watch] = lxcpath;
      return scan(lxcpath);
    }
  }

  /// All that is there, and all that was.
  Result<void> scan(const std::string& lxcpath) {
    std::vector<std::string> names;
    const Result<UniqueFd> fd = host_.kernel.openat(AT_FDCWD, host_.root.of_lxcpath(lxcpath).c_str(), O_RDONLY | O_DIRECTORY);
    if (!fd && fd.error().sys_errno != ENOENT) return std::unexpected(fd.error());
    if (fd) {
      LXCX_TRY(found, host_.kernel.getdents(fd->get()));
      names = std::move(found);
    }
    for (const auto& [key, run] : runs_)
      if (key.first == lxcpath) names.push_back(key.second);
    for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
      LXCX_CHECK(check(lxcpath, name));
      LXCX_CHECK(look_again({lxcpath, name}));
    }
    return {};
  }

  Result<void> take_notices() {
    alignas(inotify_event) std::array<char, 64 << 10> buffer{};
    LXCX_TRY(size, host_.kernel.read(inotify_.get(), buffer.data(), buffer.size()));
    inotify_event notice{};
    for (std::size_t at = 0; at + sizeof notice <= size && !has_enough_; at += sizeof notice + notice.len) {
      std::memcpy(&notice, buffer.data() + at, sizeof notice);
      LXCX_CHECK(take(notice, notice.len != 0 ? std::string(buffer.data() + at + sizeof notice) : std::string()));
    }
    return {};
  }

  Result<void> take(const inotify_event& notice, const std::string& name) {
    if ((notice.mask & IN_Q_OVERFLOW) != 0) return scan_all();
    if (const auto run = watches_.find(notice.wd); run != watches_.end()) {
      const Key key = run->second;
      if ((notice.mask & IN_IGNORED) != 0) watches_.erase(run);
      return name == "state" ? look_again(key) : Result<void>();
    }
    const auto root = roots_.find(notice.wd);
    if (root == roots_.end()) return {};
    const std::string lxcpath = root->second;
    if ((notice.mask & IN_IGNORED) != 0) {  // it went with its last lock, or /run was unmounted
      roots_.erase(root);
      return add_root(lxcpath);
    }
    if ((notice.mask & IN_ISDIR) == 0) return {};
    return check(lxcpath, name, (notice.mask & IN_CREATE) != 0);
  }

  Result<void> scan_all() {
    host_.log.debug("the kernel's queue of notices ran over: looking at everything");
    const std::map<int, std::string> roots = roots_;
    for (const auto& [watch, lxcpath] : roots) LXCX_CHECK(scan(lxcpath));
    return {};
  }

  /// Finds out whether a run has ended and another begun. A name alone does not tell: it is used again by the next run.
  Result<void> check(const std::string& lxcpath, const std::string& name, bool was_made = false) {
    if (!check_name(name) || (request_.wants && !request_.wants(name))) return {};
    const Key key{lxcpath, name};
    if (const auto found = runs_.find(key); found != runs_.end()) {
      LXCX_TRY(status, host_.kernel.fstat(found->second.directory.fd()));
      if (status.st_nlink != 0) return {};
      Run run = std::move(found->second);
      runs_.erase(found);
      LXCX_CHECK(end(run));
    }
    Result<RunDirectory> directory = RunDirectory::open(host_.kernel, host_.root, {lxcpath, name});
    if (directory) return begin(key, std::move(*directory));
    if (directory.error().code != Code::not_running) return std::unexpected(std::move(directory).error());
    if (!was_made) return {};
    Run gone;
    gone.paths = {lxcpath, name};
    return end(gone);
  }

  Result<void> begin(const Key& key, RunDirectory directory) {
    // By its descriptor: the path may name the next run already.
    const std::string path = "/proc/self/fd/" + std::to_string(directory.fd());
    LXCX_TRY(watch, host_.kernel.inotify_add_watch(inotify_.get(), path.c_str(), of_run));
    watches_[watch] = key;
    directory.hold();
    Run run;
    run.paths = {key.first, key.second};
    run.directory = std::move(directory);
    if (!is_live_) skip_past(run);
    runs_.insert_or_assign(key, std::move(run));
    return look_again(key);
  }

  /// What was before the watch began is not told.
  static void skip_past(Run& run) {
    const Result<RunState> state = run.directory.read_state();
    if (!state || state->changes.empty()) return;
    run.seen = state->changes.back().number;
    run.last = state->changes.back().state;
    if (run.last == State::stopping || run.last == State::aborting) run.directory.let_go();
  }

  Result<void> look_again(const Key& key) {
    const auto found = runs_.find(key);
    if (found == runs_.end()) return {};
    Run& run = found->second;
    const Result<RunState> state = run.directory.read_state();
    if (!state) return check(key.first, key.second);  // not written yet, or gone
    LXCX_CHECK(tell_changes(run, *state));
    if (run.is_over || guard(run, *state)) return {};
    return finish(key);
  }

  Result<void> tell_changes(Run& run, const RunState& state) {
    for (const StateChange& change : state.changes) {
      if (change.number <= run.seen || run.is_over) continue;
      run.seen = change.number;
      if (change.state == State::stopping && state.exit_status != -1) LXCX_CHECK(tell_exit(run, change.time_us, state.exit_status));
      LXCX_CHECK(tell(run, change.time_us, change.state));
      if (change.state == State::stopping || change.state == State::aborting) run.directory.let_go();
    }
    return {};
  }

  /// A directory that is gone: its states may have been missed, but not that they were.
  Result<void> end(Run& run) {
    if (run.is_over) return {};
    if (run.last == State::stopped) LXCX_CHECK(tell(run, now_us(), State::starting));
    if (run.last != State::stopping) LXCX_CHECK(tell(run, now_us(), State::stopping));
    return tell(run, now_us(), State::stopped);
  }

  /// Sees to it that the end of whoever would tell of the container's end is noticed. False when there is nobody any more.
  bool guard(Run& run, const RunState& state) const {
    for (const ProcessId& process : {state.monitor, state.init}) {
      if (!is_alive(process)) continue;
      if (run.guard && run.guarded.pid == process.pid && run.guarded.start_time == process.start_time) return true;
      Result<UniqueFd> pidfd = host_.kernel.pidfd_open(process.pid);
      if (!is_alive(process)) continue;
      if (!pidfd) host_.log.warn("'" + run.paths.name + "': " + pidfd.error().message + "; its end is not seen if its monitor is killed, ignoring");
      run.guard = pidfd ? std::move(*pidfd) : UniqueFd();
      run.guarded = process;
      return true;
    }
    run.guard.reset();
    return false;
  }

  Result<void> finish(const Key& key) {
    Run& run = runs_.find(key)->second;
    run.directory.let_go();  // this process itself may be the one that removes it
    const Result<bool> finished = finish_stale_teardown(host_, run.paths);
    if (finished) return check(key.first, key.second);
    // Another command is at it: it removes the directory.
    if (finished.error().code == Code::busy) return {};
    host_.log.warn("'" + run.paths.name + "': " + finished.error().message + ", ignoring");
    LXCX_CHECK(end(run));
    run.is_over = true;
    return {};
  }

  Result<void> tell(Run& run, std::int64_t time_us, State state) {
    run.last = state;
    return tell({run.paths.lxcpath, run.paths.name, time_us, state, {}});
  }
  Result<void> tell_exit(const Run& run, std::int64_t time_us, int status) {
    return tell({run.paths.lxcpath, run.paths.name, time_us, State::stopping, status});
  }
  Result<void> tell(const StateEvent& event) {
    if (has_enough_) return {};
    LXCX_TRY(more, on_event_(event));
    has_enough_ = !more;
    return {};
  }

  Host& host_;
  const FollowRequest& request_;
  const std::function<Result<bool>(const StateEvent&)>& on_event_;
  std::optional<BlockedSignals> signals_;
  UniqueFd inotify_;
  std::map<int, std::string> roots_;  ///< lxcpaths, by watch descriptor
  std::map<int, Key> watches_;
  std::map<Key, Run> runs_;
  bool is_live_ = false;              ///< the first look is done: what is new from now on is told
  bool has_enough_ = false;
};

}  // namespace

Result<FollowEnd> follow_states(Host& host, const FollowRequest& request, const std::function<Result<bool>(const StateEvent&)>& on_event) {
  return Watcher(host, request, on_event).watch();
}

}  // namespace lxcx::core
