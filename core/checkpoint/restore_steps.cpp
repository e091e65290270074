// SPDX-License-Identifier: Apache-2.0
// The steps of a restore: a start's own, with criu in the place of the child. Those that have an undo are called as a start's, whose undo they share:
// a teardown knows one table.
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>

#include "core/base/text.hpp"
#include "core/checkpoint/arguments.hpp"
#include "core/checkpoint/network_lock.hpp"
#include "core/checkpoint/restore_plan.hpp"
#include "core/kernel/files.hpp"
#include "core/start/launch.hpp"
#include "core/start/parent/steps.hpp"
#include "core/start/pty.hpp"

namespace lxcx::core {

namespace {

RestorePlan& plan_of(StartContext& context) { return *context.restore_plan; }

std::string network_scope(unsigned index) { return "network " + std::to_string(index); }

/// Every terminal comes from the host's devpts, as the console does without lxc.pty.max: the container's own devpts is criu's to make.
Result<void> open_terminals(StartContext& context) {
  RestorePlan& plan = plan_of(context);
  LXCX_CHECK(open_console_peer(context));
  for (const TerminalFact& terminal : plan.facts.terminals) {
    LXCX_TRY(pty, open_pty(context.kernel, -1));
    LXCX_CHECK(context.kernel.fchown(pty.slave.get(), mapped_uid(context.config, 0), static_cast<gid_t>(-1)));
    LXCX_CHECK(context.kernel.fchmod(pty.slave.get(), 0620));
    plan.slaves.push_back({std::move(pty.slave), "/dev/pts/" + std::to_string(pty.number)});
    if (terminal.name == "console")
      context.terminals.console_master = std::move(pty.master);
    else
      context.terminals.tty_masters.push_back(std::move(pty.master));
  }
  return {};
}

/// As the device plugin would have called it; a name that is taken meanwhile is criu's error.
std::string host_end_name(const NicConfig& nic) {
  if (const std::string_view wanted = nic.get("veth.pair"); !wanted.empty()) return std::string(wanted);
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::random_device random;
  std::string name = "veth";
  for (int i = 0; i < 6; ++i) name += letters[random() % letters.size()];
  return name;
}

Result<void> choose_host_names(StartContext& context) {
  for (const NicFact& fact : plan_of(context).facts.nics) {
    const auto nic = std::ranges::find(context.config.nics, fact.index, &NicConfig::index);
    if (nic == context.config.nics.end())
      return fail(Code::config, "the configuration of the checkpoint has no lxc.net." + std::to_string(fact.index));
    plan_of(context).host_names.push_back(host_end_name(*nic));
    // Without the address that the plugin gives it later this is no device to remove: until then it goes with its namespace.
    JournalScope records(context.journal, network_scope(fact.index));
    LXCX_CHECK(records.record("host_name", plan_of(context).host_names.back()));
  }
  return {};
}

/// The mounts that criu works from: this machine's, with the container's root file system in its place, where nobody else sees it.
Result<void> mount_root_for_criu(StartContext& context) {
  Kernel& kernel = context.kernel;
  LXCX_CHECK(kernel.unshare(CLONE_NEWNS));
  LXCX_CHECK(kernel.mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr));
  LXCX_CHECK(plan_of(context).images.reopen());
  // The root file system covers it there.
  if (const auto& yard = plan_of(context).cgroup_yard; yard) LXCX_CHECK(yard->mount_at(kernel, context.rootfs_mount_point()));
  return doing(kernel.move_mount(context.rootfs_mount.get(), "", AT_FDCWD, context.rootfs_mount_point().c_str(), MOVE_MOUNT_F_EMPTY_PATH),
               "mount the root file system");
}

std::string proc_path(const UniqueFd& fd) { return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd.get()); }

Result<CriuRun> restore_run(StartContext& context) {
  RestorePlan& plan = plan_of(context);
  CriuRun run;
  run.program = plan.criu;
  run.arguments = common_arguments("restore", plan.images, restore_log, plan.verbose);
  run.inherited = {plan.images.fd(), plan.images.images_fd()};
  const auto add = [&](std::initializer_list<std::string> words) { run.arguments.insert(run.arguments.end(), words); };
  add({"--restore-detached", "--restore-sibling", "--root", context.rootfs_mount_point()});
  for (std::size_t i = 0; i < plan.slaves.size(); ++i) {
    const TerminalFact& terminal = plan.facts.terminals[i];
    run.inherited.push_back(plan.slaves[i].fd.get());
    add({"--inherit-fd", "fd[" + std::to_string(plan.slaves[i].fd.get()) + "]:" + terminal.tty});
    for (std::size_t mount = 0; mount < terminal.mounts.size(); ++mount)
      add({"--external", "mnt[" + mount_key(terminal, mount) + "]:" + plan.slaves[i].path});
  }
  for (std::size_t i = 0; i < plan.facts.mounts.size(); ++i) add({"--external", "mnt[" + outside_key(i) + "]:" + plan.facts.mounts[i].source});
  for (std::size_t i = 0; i < plan.host_names.size(); ++i) add({"--external", "veth[" + plan.facts.nics[i].inside_name + "]:" + plan.host_names[i]});
  if (!context.state.cgroup.empty()) {
    LXCX_TRY(cgroups, cgroups_of(context));
    LXCX_TRY(yard, CgroupYard::of_directories(context.kernel, *cgroups));
    plan.cgroup_yard = std::move(yard);
    run.inherited.push_back(plan.cgroup_yard->fd());
    add_cgroup_yard(run.arguments, *plan.cgroup_yard);
    add_cgroup_roots(run.arguments, *cgroups, context.state.cgroup);
  }
  add({"--action-script", context.host.layout.program_directory + "/lxcx-restore-gate"});
  if (!plan.action_script.empty()) add({"--action-script", plan.action_script});
  run.environment = {"LXCX_GATE_RESTORED=" + proc_path(plan.restored.second), "LXCX_GATE_GO=" + proc_path(plan.go.first)};
  run.prepare = [&context] { return mount_root_for_criu(context); };
  return run;
}

Error failed(StartContext& context) {
  const RestorePlan& plan = plan_of(context);
  return criu_error(plan.images, restore_log, "criu could not restore it", output_of(context.kernel, *plan.running));
}

/// Init's pid, once all is restored and stands still.
Result<pid_t> await_restored(StartContext& context) {
  RestorePlan& plan = plan_of(context);
  std::array<pollfd, 2> watched{{{plan.restored.first.get(), POLLIN, 0}, {plan.running->pidfd.get(), POLLIN, 0}}};
  LXCX_CHECK(context.kernel.poll(watched, -1));
  if (watched[0].revents == 0) {
    (void)await_criu(context.kernel, *plan.running);
    return std::unexpected(failed(context));
  }
  std::array<char, 64> text{};
  LXCX_TRY(size, context.kernel.read(plan.restored.first.get(), text.data(), text.size()));
  const Result<std::int64_t> pid = parse_integer(trim(std::string_view(text.data(), size)));
  if (!pid || *pid <= 1) return fail(Code::internal, "lxcx-restore-gate told no pid");
  return static_cast<pid_t>(*pid);
}

// The name is a start's: what undoes it is the same.
Result<void> restore_processes(StartContext& context) {
  RestorePlan& plan = plan_of(context);
  Kernel& kernel = context.kernel;
  context.state.clone_flags = plan.facts.clone_flags;
  LXCX_TRY(restored, kernel.pipe2(0));
  LXCX_TRY(go, kernel.pipe2(0));
  plan.restored = std::move(restored);
  plan.go = std::move(go);
  context.close_gate = [&plan] { plan.go.second.reset(); };
  LXCX_CHECK(choose_host_names(context));
  (void)kernel.unlinkat(plan.images.fd(), restore_log, 0);
  LXCX_TRY(run, restore_run(context));
  context.log().debug("criu " + join(run.arguments, " "));
  LXCX_TRY(running, start_criu(kernel, run));
  plan.running.emplace(std::move(running));
  context.rootfs_mount.reset();
  // From here on whoever finds this cut short waits for criu to give up, which it does by itself once nobody answers the gate.
  context.state.extra[std::string(restorer)] = std::to_string(plan.running->pid) + " " + std::to_string(start_time_of(plan.running->pid).value_or(0));
  LXCX_CHECK(context.run->write_state(context.state));
  if (!plan.running->pidfd) return fail(Code::kernel, "criu cannot be watched: there is no pidfd for it");
  LXCX_TRY(pid, await_restored(context));
  LXCX_TRY(pidfd, kernel.pidfd_open(pid));
  context.init = pid;
  context.init_pidfd = std::move(pidfd);
  context.state.init = {pid, start_time_of(pid).value_or(0)};
  LXCX_CHECK(context.run->write_state(context.state));
  if ((plan.facts.clone_flags & CLONE_NEWNET) == 0) return {};
  LXCX_TRY(netns, kernel.openat(AT_FDCWD, ("/proc/" + std::to_string(pid) + "/ns/net").c_str(), O_RDONLY));
  context.netns = std::move(netns);
  return {};
}

Result<void> let_go(StartContext& context) {
  RestorePlan& plan = plan_of(context);
  LXCX_CHECK(write_all(context.kernel, plan.go.second.get(), "go\n"));
  LXCX_TRY(status, await_criu(context.kernel, *plan.running));
  context.state.extra.erase(std::string(restorer));
  if (status.as_shell() != 0) return std::unexpected(failed(context));
  if (!is_alive(context.state.init)) return fail(Code::kernel, "init has ended right after it was restored");
  return context.netns ? remove_network_lock(context.kernel, context.netns.get(), plan.facts.network_lock) : Result<void>{};
}

constexpr std::array restore_steps{
    StartStep{"unshare the monitor's mounts", unshare_monitor_mounts},
    StartStep{"make the monitor's cgroup", make_monitor_cgroup, drop_monitor_cgroup},
    StartStep{"run the pre-start hooks", run_pre_start_hooks, run_post_stop_hooks, true},
    StartStep{"attach the root file system", attach_rootfs, detach_rootfs},
    StartStep{"compile the security policy", compile_security, unload_security},
    StartStep{"open the terminals", open_terminals},
    StartStep{"make the cgroups", make_cgroup, drop_cgroup},
    StartStep{"apply the cgroup limits", apply_cgroup_limits},
    StartStep{"take down the networks at the end", nothing, disconnect_networks},
    StartStep{"run the stop hooks at the end", announce_stop_hooks, run_stop_hooks, true},
    StartStep{"clone init", restore_processes, kill_init},
    StartStep{"connect the networks", connect_networks},
    StartStep{"apply the device limits", apply_device_limits},
    StartStep{"run the start-host hooks", run_start_host_hooks},
    StartStep{"let init run", let_go},
    StartStep{"record that it runs", record_running},
};

}  // namespace

Result<void> run_restore_steps(StartContext& context) { return run_steps(context, restore_steps); }

}  // namespace lxcx::core
