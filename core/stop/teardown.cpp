// SPDX-License-Identifier: Apache-2.0
// One implementation of teardown, whoever runs it: what the monitor becomes, or any later command that finds the work undone.
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "core/base/text.hpp"
#include "core/container/container_log.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/privilege.hpp"
#include "core/start/launch.hpp"
#include "core/start/parent/steps.hpp"
#include "core/stop/remove.hpp"
#include "core/stop/stop.hpp"
#include "core/stop/stopped.hpp"

namespace lxcx::core {

namespace {

/// The monitor's note: "status N", as wait(2) has it; -1 when nobody saw init end.
int read_exit_status(Kernel& kernel, const RunDirectory& run) {
  const Result<std::string> text = read_file(kernel, run.fd(), "exit", 256);
  if (!text || !text->starts_with("status ")) return -1;
  return static_cast<int>(parse_integer(trim(std::string_view(*text).substr(7))).value_or(-1));
}

/// reboot(2) in a pid namespace: init dies by SIGHUP for a restart, by SIGINT for a halt. A command that was executed ends with that: it is no
/// container that starts.
bool asks_for_reboot(const RunState& state) {
  return !was_executed(state) && state.exit_status != -1 && WIFSIGNALED(state.exit_status) && WTERMSIG(state.exit_status) == SIGHUP;
}

/// A pid 1 dies by SIGINT of nothing else. Without a pid namespace of its own it is the signal that someone sent.
bool was_halted(const RunState& state) {
  return state.exit_status != -1 && WIFSIGNALED(state.exit_status) && WTERMSIG(state.exit_status) == SIGINT &&
         (state.clone_flags & CLONE_NEWPID) != 0;
}

/// What a foreground start ends with: a container that powered off did as it was asked.
int as_shell(const RunState& state) {
  const int status = state.exit_status;
  if (status == -1 || was_halted(state) || state.extra.contains(std::string(unreported_status))) return 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string how_it_ended(const RunState& state) {
  const int status = state.exit_status;
  if (was_halted(state)) return "the container powered off";
  if (status == -1) return "init has ended, and nobody saw how";
  if (WIFSIGNALED(status)) return "init was ended by signal " + std::to_string(WTERMSIG(status));
  return "init has ended with status " + std::to_string(WEXITSTATUS(status));
}

/// The namespaces that the monitor kept open for stop hooks: numbers in the state, fds inherited by this process, if it is that process.
void take_held_namespaces(StartContext& context) {
  if (context.state.monitor.pid != ::getpid()) return;
  for (std::size_t i = 0; i < namespace_names.size(); ++i) {
    const auto found = context.state.extra.find("held." + std::string(namespace_names[i]));
    if (found == context.state.extra.end()) continue;
    const auto fd = static_cast<int>(parse_integer(found->second).value_or(-1));
    if (fd > 2 && ::fcntl(fd, F_GETFD) >= 0) context.held_namespaces.emplace_back(static_cast<Namespace>(i), UniqueFd(fd));
  }
}

/// A context as the start had it, from what it left in the run directory.
Result<StartContext> reopen(Host& host, RunDirectory run) {
  LXCX_TRY(state, run.read_state());
  LXCX_TRY(path, run.config_path());
  LXCX_TRY(config, load_config(path, host.source, nullptr));
  config.file = state.config_file;
  restore_selection(state, host);
  select_network(config, host.selection);
  const ContainerPaths paths{state.lxcpath, state.name};
  follow_log_if_possible(host, paths, config);
  StartContext context(host, paths, std::move(config));
  LXCX_TRY(journal, run.journal(true));
  context.journal = std::move(journal);
  context.state = std::move(state);
  context.init = context.state.init.pid;
  context.run.emplace(std::move(run));
  LXCX_TRY(plugins, load_plugins(host, context.config));
  context.plugins = std::move(plugins);
  return context;
}

Result<void> start_again(Host& host, const StartContext& old) {
  StartContext context(host, old.paths, old.config);
  restore_request(old.state, context.request);
  context.state.cgroup_base = old.state.cgroup_base;
  LXCX_TRY(plugins, load_plugins(host, context.config));
  context.plugins = std::move(plugins);
  LXCX_CHECK(validate_with_plugins(context));
  LXCX_CHECK(prepare_run(context));
  LXCX_CHECK(run_start_steps(context));
  return become_its_monitor(context);
}

/// Signals as a fresh process has them: the monitor blocked them all.
void unblock_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Who takes a container down: its monitor, which may also start it again, or a command that found the work undone and has its own to do.
enum class Undertaker {
  monitor,
  passer_by
};

Result<int> take_down(StartContext& context, Undertaker undertaker) {
  context.state.exit_status = read_exit_status(context.kernel, *context.run);
  const bool reboot = asks_for_reboot(context.state) && undertaker == Undertaker::monitor;
  context.target = reboot ? "reboot" : "stop";
  context.log().info(how_it_ended(context.state) + (reboot ? "; it asks for a restart" : ""));
  context.state.enter(State::stopping);
  context.state.target = context.target;
  // Nothing that follows needs it; a full /run must not keep a container from being taken down.
  if (const Result<void> written = context.run->write_state(context.state); !written)
    context.log().warn("write the state: " + written.error().message + ", ignoring");
  take_held_namespaces(context);
  const Unwound unwound = undo_start_steps(context);
  if (!unwound.is_complete) {
    Error error = unwound.first_failure.error();
    if (error.hint.empty()) error.hint = "something of it is still there; the next lxcx command on '" + context.paths.name + "' tries again";
    return std::unexpected(std::move(error));
  }
  LXCX_CHECK(context.run->remove());
  if (reboot) {
    if (unwound.first_failure) LXCX_CHECK(doing(start_again(context.host, context), "restart '" + context.paths.name + "'"));
    context.log().error("'" + context.paths.name +
                        "' is not restarted: " + unwound.first_failure.error().message);  // as LXC: a failing post-stop hook cancels it
    return as_shell(context.state);
  }
  if (const Result<void> alone = context.config.ephemeral ? refuse_dependants(context.host, context.paths) : Result<void>{}; !alone) {
    context.log().warn("'" + context.paths.name + "' is ephemeral, and stays: " + alone.error().message);
    return as_shell(context.state);
  }
  if (context.config.ephemeral) LXCX_CHECK(doing(remove_container(context.host, context.paths, context.config), "remove the ephemeral container"));
  return as_shell(context.state);
}

}  // namespace

Result<int> teardown_container(Host& host, const std::string& run_directory) {
  unblock_signals();
  LXCX_TRY(run, RunDirectory::open_path(host.kernel, run_directory));
  LXCX_TRY(state, run.read_state());
  const ContainerPaths paths{state.lxcpath, state.name};
  LXCX_TRY(lock, lock_container(host.kernel, host.root, paths, 30'000));
  if (is_alive(state.init)) return fail(Code::busy, "'" + state.name + "' still runs");
  LXCX_TRY(context, reopen(host, std::move(run)));
  return doing(take_down(context, Undertaker::monitor), "take down '" + paths.name + "'");
}

Result<bool> finish_stale_teardown(Host& host, const ContainerPaths& paths, int timeout_ms) {
  if (!observe(host, paths).is_abandoned()) return false;
  if (!is_privileged(host.kernel))
    return fail(Code::denied, "'" + paths.name + "' has not been taken down to its end", "`lxcx stop " + paths.name + "` does it");
  LXCX_TRY(lock, lock_container(host.kernel, host.root, paths, timeout_ms));
  const Observed seen = observe(host, paths);
  if (!seen.is_abandoned()) return false;
  LXCX_TRY(run, RunDirectory::open(host.kernel, host.root, paths));
  if (seen.run.name.empty()) {
    // A state that cannot be read is not one that was never written: what it names may be running.
    const Result<RunState> state = run.read_state();
    if (state) return fail(Code::busy, "the state of '" + paths.name + "' changed meanwhile", "try again");
    if (state.error().sys_errno != ENOENT) return doing(Result<bool>(std::unexpected(state.error())), "read the state of '" + paths.name + "'");
    // Killed before its first word: nothing can have been taken.
    LXCX_CHECK(run.remove());
    return true;
  }
  host.log.debug("finishing the teardown of '" + paths.name + "' that was cut short");
  LXCX_TRY(context, reopen(host, std::move(run)));
  LXCX_CHECK(doing(take_down(context, Undertaker::passer_by), "finish taking down '" + paths.name + "'"));
  return true;
}

}  // namespace lxcx::core
