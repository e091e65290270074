// SPDX-License-Identifier: Apache-2.0
#include "core/running.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "core/container/container_log.hpp"
#include "core/kernel/privilege.hpp"
#include "core/monitor/monitor.hpp"
#include "core/stop/stop.hpp"
#include "core/unshare/own_namespace.hpp"

namespace lxcx::core {

namespace {

constexpr int freeze_timeout_ms = 10'000;

/// For those who follow the states. What cannot be written keeps nobody from freezing.
void note_states(Host& host, const RunDirectory& run, std::initializer_list<State> states) {
  Result<RunState> state = run.read_state();
  if (state)
    for (const State each : states) state->enter(each);
  const Result<void> written = state ? run.write_state(*state) : Result<void>(std::unexpected(state.error()));
  if (!written) host.log.warn("write the state: " + written.error().message + ", ignoring");
}

}  // namespace

Result<void> need_privilege(Host& host, const ContainerPaths& paths) {
  if (is_privileged(host.kernel)) return {};
  LXCX_CHECK(check_name(paths.name));
  const Result<void> writable = host.kernel.faccessat(AT_FDCWD, paths.lxcpath.c_str(), W_OK, AT_EACCESS);
  if (!writable && writable.error().sys_errno != ENOENT)
    return fail(Code::denied, "the containers in '" + paths.lxcpath + "' are not this user's", "use sudo, or name a place of your own with -P");
  const auto enter = [&] {
    const Observed seen = observe(host, paths);
    return enter_own_namespace(host.kernel, {seen.init_alive ? seen.run.init.pid : 0, seen.monitor_alive ? seen.run.monitor.pid : 0});
  };
  // Who was there may have ended meanwhile, and another have come.
  constexpr int attempts = 5;
  Result<void> entered = enter();
  for (int i = 1; i < attempts && !entered && (entered.error().sys_errno == ENOENT || entered.error().sys_errno == ESRCH); ++i) entered = enter();
  return entered;
}

Result<void> finish_teardown(Host& host, const ContainerPaths& paths) {
  if (!observe(host, paths).is_abandoned()) return {};
  LXCX_CHECK(need_privilege(host, paths));
  LXCX_CHECK(finish_stale_teardown(host, paths));
  return {};
}

Result<Running> running_container(Host& host, const ContainerPaths& paths) {
  LXCX_CHECK(check_name(paths.name));
  LXCX_CHECK(finish_teardown(host, paths));
  const Observed seen = observe(host, paths);
  if (!seen.exists && runs_under_lxc(paths))
    return fail(Code::busy, "'" + paths.name + "' is running under LXC", "use lxc-attach, or restart it with lxcx");
  if (!seen.init_alive) return std::unexpected(not_running(host, paths));
  LXCX_TRY(run, RunDirectory::open(host.kernel, host.root, paths));
  LXCX_TRY(file, run.config_path());
  LXCX_TRY(config, load_config(file, host.source, nullptr));
  follow_log_if_possible(host, paths, config);
  return Running{seen.run, std::move(config)};
}

Result<RunningGroup> running_group(Host& host, const ContainerPaths& paths) {
  LXCX_TRY(running, running_container(host, paths));
  LXCX_TRY(cgroups, Cgroups::open(host.kernel, host.log, running.state.cgroup_base));
  if (running.state.cgroup.empty())
    return fail(Code::unsupported, "'" + paths.name + "' runs without cgroups", "it was started where no cgroup could be made");
  return RunningGroup{std::move(cgroups), running.state.cgroup};
}

Result<DeviceTarget> device_target(Host& host, const ContainerPaths& paths) {
  LXCX_TRY(running, running_container(host, paths));
  EnterTarget enter;
  enter.init = running.state.init;
  LXCX_TRY(facts, learn_container(host.kernel, enter, {}));
  DeviceTarget target{std::move(facts), std::nullopt, running.state.cgroup};
  if (target.group.empty()) return target;
  LXCX_TRY(cgroups, Cgroups::open(host.kernel, host.log, running.state.cgroup_base));
  target.cgroups = std::move(cgroups);
  return target;
}

Result<void> freeze_running(Host& host, const ContainerPaths& paths, RunningGroup& group, bool frozen) {
  LXCX_TRY(lock, lock_container(host.kernel, host.root, paths, freeze_timeout_ms + 5000));
  LXCX_TRY(run, RunDirectory::open(host.kernel, host.root, paths));
  const bool changes = group.cgroups.is_frozen(group.path).value_or(!frozen) != frozen;
  if (changes && frozen) note_states(host, run, {State::freezing});
  LXCX_CHECK(group.cgroups.freeze(group.path, frozen, freeze_timeout_ms));
  if (changes && frozen) note_states(host, run, {State::frozen});
  if (changes && !frozen) note_states(host, run, {State::thawed, State::running});
  return {};
}

Result<void> hand_to_monitor(Host& host, const ContainerPaths& paths, int listener) {
  const auto hand_over = [&]() -> Result<void> {
    LXCX_TRY(run, RunDirectory::open(host.kernel, host.root, paths));
    LXCX_TRY(client, ControlClient::connect(host.kernel, run.fd()));
    return client.add_listener(listener);
  };
  Result<void> done = doing(hand_over(), "hand the seccomp listener to the monitor");
  if (!done && done.error().code == Code::busy)
    return hinting(std::move(done), "end programs attached before; attach --elevated-privileges=LSM goes without the policy");
  if (done || done.error().code != Code::not_running) return done;
  host.log.warn("the container's monitor has gone: what the seccomp policy would ask about fails with ENOSYS, ignoring");
  return {};
}

Failure no_monitor(const std::string& name) {
  return fail(Code::unsupported, "the monitor of '" + name + "' was killed, and its consoles went with it",
              "`lxcx attach " + name + "` works; stop it and start it to have a console again");
}

}  // namespace lxcx::core
