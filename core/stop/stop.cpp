// SPDX-License-Identifier: Apache-2.0
#include "core/stop/stop.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>

#include "core/base/text.hpp"
#include "core/cgroup/cgroups.hpp"
#include "core/config/names.hpp"
#include "core/container/container_log.hpp"
#include "core/kernel/files.hpp"
#include "core/monitor/monitor.hpp"

namespace lxcx::core {

namespace {

using Clock = std::chrono::steady_clock;

/// An init that has not set up its signals within this time never will: `sleep` as pid 1 ignores every polite request.
constexpr std::chrono::milliseconds handler_grace{2000};
constexpr int stop_signal_grace_ms = 5000;
constexpr int poll_ms = 20;

struct Target {
  UniqueFd init, monitor;  ///< pidfds; monitor empty when it is gone
  Observed seen;
  ContainerConfig config;
};

/// proc(5): SigBlk and SigCgt of /proc/PID/status, a bit for each signal.
std::uint64_t signal_mask(Kernel& kernel, pid_t pid, std::string_view field) {
  const Result<std::string> text = read_file(kernel, AT_FDCWD, ("/proc/" + std::to_string(pid) + "/status").c_str(), 64 << 10);
  if (!text) return 0;
  const std::size_t at = text->find("\n" + std::string(field) + ":\t");
  if (at == std::string::npos) return 0;
  const char* begin = text->data() + at + field.size() + 3;
  std::uint64_t mask = 0;
  std::from_chars(begin, text->data() + text->size(), mask, 16);
  return mask;
}

bool has(std::uint64_t mask, int number) { return (mask >> (number - 1) & 1) != 0; }

/// systemd waits for SIGRTMIN+3 by blocking it; everybody else gets SIGPWR.
int halt_signal(Kernel& kernel, const Target& target) {
  if (target.config.halt_signal != 0) return target.config.halt_signal;
  return has(signal_mask(kernel, target.seen.run.init.pid, "SigBlk"), SIGRTMIN + 3) ? SIGRTMIN + 3 : SIGPWR;
}

/// While rt_sigtimedwait(2) waits, what it waits for is neither blocked nor caught (busybox init lives in it): proc(5), /proc/PID/syscall.
bool waits_for_signals(Kernel& kernel, pid_t init) {
  const Result<std::string> text = read_file(kernel, AT_FDCWD, ("/proc/" + std::to_string(init) + "/syscall").c_str(), 1024);
  return text && text->starts_with(std::to_string(SYS_rt_sigtimedwait) + " ");
}

bool would_notice(Kernel& kernel, pid_t init, int number) {
  return has(signal_mask(kernel, init, "SigCgt"), number) || has(signal_mask(kernel, init, "SigBlk"), number) || waits_for_signals(kernel, init);
}

/// Whoever starts a container, takes it down or starts it again holds its lock meanwhile: what is seen once that is free is no passing state.
Result<Observed> observe_settled(Host& host, const ContainerPaths& paths) {
  Observed seen = observe(host, paths);
  if (seen.init_alive || !host.kernel.faccessat(AT_FDCWD, host.root.lock_of(paths).c_str(), F_OK, 0)) return seen;
  LXCX_TRY(lock, lock_container(host.kernel, host.root, paths));
  return observe(host, paths);
}

Result<Target> find_target(Host& host, const ContainerPaths& paths) {
  Target target;
  LXCX_TRY(seen, observe_settled(host, paths));
  target.seen = std::move(seen);
  if (!target.seen.init_alive) return std::unexpected(not_running(host, paths));
  LXCX_TRY(init, host.kernel.pidfd_open(target.seen.run.init.pid));
  if (!is_alive(target.seen.run.init)) return fail(Code::not_running, "'" + paths.name + "' is not running");
  target.init = std::move(init);
  if (target.seen.monitor_alive) {
    Result<UniqueFd> monitor = host.kernel.pidfd_open(target.seen.run.monitor.pid);
    if (monitor && is_alive(target.seen.run.monitor)) target.monitor = std::move(*monitor);
  }
  LXCX_TRY(run, RunDirectory::open(host.kernel, host.root, paths));
  LXCX_TRY(path, run.config_path());
  LXCX_TRY(config, load_config(path, host.source, nullptr));
  follow_log_if_possible(host, paths, config);
  target.config = std::move(config);
  return target;
}

void thaw(Host& host, const Target& target) {
  if (target.seen.run.cgroup.empty()) return;
  Result<Cgroups> cgroups = Cgroups::open(host.kernel, host.log, target.seen.run.cgroup_base);
  if (!cgroups) return;
  const Result<bool> frozen = cgroups->is_frozen(target.seen.run.cgroup);
  if (frozen && *frozen) (void)cgroups->freeze(target.seen.run.cgroup, false, 5000);
}

/// Sends the signal once init listens to it; false when it never will, or has ended.
Result<bool> ask(Host& host, const Target& target, int number, std::chrono::milliseconds patience) {
  const auto give_up = Clock::now() + std::min(handler_grace, patience);
  while (!would_notice(host.kernel, target.seen.run.init.pid, number)) {
    LXCX_TRY(ended, host.kernel.wait_pidfd(target.init.get(), poll_ms));
    if (ended) return true;
    if (Clock::now() >= give_up) return false;
  }
  LXCX_CHECK(host.kernel.pidfd_send_signal(target.init.get(), number));
  return true;
}

/// After init: until the monitor's teardown is done, or by doing it.
Result<void> finish(Host& host, const ContainerPaths& paths, Target& target) {
  while (target.monitor) {
    LXCX_TRY(ended, host.kernel.wait_pidfd(target.monitor.get(), poll_ms));
    if (ended) break;
    const Observed now = observe(host, paths);
    // It rebooted instead of halting: the monitor lives on with a new init.
    if (now.init_alive && now.run.init.pid != target.seen.run.init.pid)
      return fail(Code::busy, "'" + paths.name + "' restarted itself while it was being stopped", "stop it again, or with --kill");
  }
  LXCX_TRY(mine, finish_stale_teardown(host, paths));
  (void)mine;
  return {};
}

/// Its monitor is at its work: what restarts is taken back as long as it is not.
bool is_monitored(Host& host, const ContainerPaths& paths) {
  const Result<RunDirectory> run = RunDirectory::open(host.kernel, host.root, paths);
  if (!run) return false;
  Result<ControlClient> client = ControlClient::connect(host.kernel, run->fd());
  return client && client->ping();
}

Result<void> await_restart(Host& host, const ContainerPaths& paths, const Target& target, int timeout_s) {
  const auto give_up = Clock::now() + std::chrono::seconds(timeout_s);
  while (timeout_s < 0 || Clock::now() < give_up) {
    // Looked at first: what is seen after its end stays so.
    LXCX_TRY(monitor_ended, host.kernel.wait_pidfd(target.monitor.get(), 0));
    const Observed now = observe(host, paths);
    const bool is_new = now.init_alive && now.state() == State::running && now.run.init.start_time != target.seen.run.init.start_time;
    if (is_new && (monitor_ended || is_monitored(host, paths))) return {};
    // Between the two lives there is no run directory for a moment; the process that goes from one to the other is the monitor's.
    if (monitor_ended && !is_new)
      return fail(Code::kernel, "'" + paths.name + "' went down instead of restarting", "see its log for why the restart failed");
    const timespec pause{0, poll_ms * 1'000'000L};
    ::nanosleep(&pause, nullptr);
  }
  return fail(Code::timeout, "'" + paths.name + "' did not restart within " + std::to_string(timeout_s) + " s");
}

/// With lxc.signal.stop, which init may take for something else: then SIGKILL all the same.
Result<void> kill_and_wait(Host& host, const Target& target, int number) {
  LXCX_CHECK(host.kernel.pidfd_send_signal(target.init.get(), number));
  thaw(host, target);
  LXCX_TRY(ended, host.kernel.wait_pidfd(target.init.get(), number == SIGKILL ? -1 : stop_signal_grace_ms));
  if (ended) return {};
  host.log.info("init did not end after " + signal_name(number) + " (lxc.signal.stop): killing it");
  LXCX_CHECK(host.kernel.pidfd_send_signal(target.init.get(), SIGKILL));
  LXCX_CHECK(host.kernel.wait_pidfd(target.init.get(), -1));
  return {};
}

}  // namespace

Result<void> stop_container(Host& host, const ContainerPaths& paths, const StopRequest& request) {
  LXCX_CHECK(check_name(paths.name));
  LXCX_TRY(finished, finish_stale_teardown(host, paths));
  if (finished) return {};
  if (!observe(host, paths).exists && runs_under_lxc(paths))
    return fail(Code::busy, "'" + paths.name + "' is running under LXC", "stop it there: lxc-stop -n " + paths.name);
  LXCX_TRY(target, find_target(host, paths));
  if (request.kill) {
    LXCX_CHECK(kill_and_wait(host, target, target.config.stop_signal != 0 ? target.config.stop_signal : SIGKILL));
    return finish(host, paths, target);
  }
  if (request.reboot && !target.monitor)
    return fail(Code::unsupported, "the monitor of '" + paths.name + "' was killed: nobody would start it again", "stop it, then start it");
  thaw(host, target);
  const int number = !request.reboot ? halt_signal(host.kernel, target) : target.config.reboot_signal != 0 ? target.config.reboot_signal : SIGINT;
  const std::chrono::milliseconds patience =
      request.timeout_s < 0 ? handler_grace : std::chrono::milliseconds(std::int64_t{request.timeout_s} * 1000);
  LXCX_TRY(asked, ask(host, target, number, patience));
  if (request.no_wait) return {};
  if (request.reboot && asked) return await_restart(host, paths, target, request.timeout_s);
  if (!asked && (request.reboot || request.no_kill))
    return fail(Code::timeout, "the init of '" + paths.name + "' ignores " + signal_name(number),
                "set lxc.signal.halt or lxc.signal.reboot to what it listens to");
  if (asked) {
    LXCX_TRY(ended, host.kernel.wait_pidfd(target.init.get(), request.timeout_s < 0 ? -1 : static_cast<int>(patience.count())));
    if (ended) return finish(host, paths, target);
    if (request.no_kill) return fail(Code::timeout, "'" + paths.name + "' did not shut down within " + std::to_string(request.timeout_s) + " s");
  }
  host.log.info("the init of '" + paths.name + "' " + (asked ? "did not end after " : "ignores ") + signal_name(number) + ": killing it");
  LXCX_CHECK(kill_and_wait(host, target, SIGKILL));
  return finish(host, paths, target);
}

}  // namespace lxcx::core
