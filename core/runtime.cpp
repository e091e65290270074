// SPDX-License-Identifier: Apache-2.0
#include "core/runtime.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "core/autostart/ready.hpp"
#include "core/autostart/run.hpp"
#include "core/base/text.hpp"
#include "core/config/lxc_form.hpp"
#include "core/config/system_config.hpp"
#include "core/device/device.hpp"
#include "core/running.hpp"
#include "core/start/context.hpp"
#include "core/start/launch.hpp"
#include "core/stop/rename.hpp"
#include "core/unshare/own_namespace.hpp"

namespace lxcx::core {

// Host refers to the Plugins beside it: both live and die in the State_, which never moves.
struct Runtime::State_ {
  State_(Kernel& kernel, Log& log, RuntimeOptions options, const InstallLayout& layout, ConfigSource source)
      : plugins(kernel, log, options.registry),
        host{kernel, log, plugins, layout, root_of(layout), std::move(options.selection), std::move(source), std::move(options.teardown_options)},
        lxcpath(std::move(options.lxcpath)),
        default_config(std::move(options.default_config)) {}
  State_(const State_&) = delete;
  State_& operator=(const State_&) = delete;

  /// An ordinary user's runtime directory is closed to the ids of his containers: their root is mounted at a place of the installation.
  static RuntimeRoot root_of(const InstallLayout& layout) {
    RuntimeRoot root = runtime_root();
    if (::geteuid() != 0) root.rootfs_mount = layout.data_directory + "/rootfs";
    return root;
  }

  Plugins plugins;
  Host host;
  std::string lxcpath, default_config;
};

namespace {

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

/// Relative paths are resolved once: the monitor changes its directory.
std::string absolute(Kernel& kernel, const std::string& path) {
  if (path.empty() || path[0] == '/') return path;
  const Result<std::string> here = kernel.readlinkat(AT_FDCWD, "/proc/self/cwd");
  return here ? *here + "/" + path : path;
}

Result<void> need_root() {
  if (::geteuid() == 0) return {};
  return fail(Code::denied, "only root may do this", "the host's devices are root's: use sudo, or a mount entry in the configuration");
}

Result<void> need_root_for_criu() {
  if (::geteuid() == 0) return {};
  return fail(Code::denied, "only root may do this", "criu needs root's rights: use sudo, for a container that root has started");
}

Failure no_such_device(const std::string& name, const char* place) {
  return fail(Code::not_found, "there is no network interface '" + name + "' " + place, "a device node is named by its whole path: /dev/" + name);
}

Result<void> add_to(Kernel& kernel, DeviceTarget& target, const DeviceRequest& request) {
  if (request.device.starts_with('/')) return add_node(kernel, target, request.device, request.place);
  if (!is_interface(kernel, request.device)) return no_such_device(request.device, "here");
  return add_interface(kernel, target, request.device, request.place);
}

Result<void> remove_from(Kernel& kernel, DeviceTarget& target, const DeviceRequest& request) {
  if (request.device.starts_with('/')) return remove_node(kernel, target, request.place);
  LXCX_TRY(is_inside, has_interface(kernel, target, request.device));
  if (!is_inside) return no_such_device(request.device, "inside");
  return remove_interface(kernel, target, request.device, request.place);
}

/// What a command inside says is nobody's to read.
Result<void> silence_streams(Kernel& kernel) {
  LXCX_TRY(null, kernel.openat(AT_FDCWD, "/dev/null", O_RDWR));
  for (int fd = 0; fd < 3; ++fd) LXCX_CHECK(kernel.dup2(null.get(), fd));
  return {};
}

}  // namespace

Runtime::Runtime(std::unique_ptr<State_> state) : state_(std::move(state)) {}
Runtime::~Runtime() = default;

Result<std::unique_ptr<Runtime>> Runtime::open(Kernel& kernel, Log& log, RuntimeOptions options) {
  LXCX_TRY(layout, find_install_layout());
  const ConfigSource source = real_config_source();
  if (options.registry.installed_directory.empty()) options.registry.installed_directory = layout.manifest_directory;
  LXCX_TRY(system, load_system_config(source, ::geteuid() == 0));
  if (options.lxcpath.empty()) options.lxcpath = system.lxcpath;
  if (options.default_config.empty()) options.default_config = system.default_config;
  options.lxcpath = without_trailing_slashes(absolute(kernel, options.lxcpath));
  auto state = std::make_unique<State_>(kernel, log, std::move(options), layout, source);
  state->host.system = std::move(system);
  return std::unique_ptr<Runtime>(new Runtime(std::move(state)));
}

Result<int> Runtime::unshare(const UnshareRequest& request) { return run_unshared(state_->host.kernel, request); }

Result<std::vector<IdMapping>> Runtime::own_id_maps() { return own_subordinate_maps(state_->host.kernel); }

Result<KernelCheck> Runtime::check_kernel_config(const std::string& file) { return core::check_kernel_config(state_->host.kernel, file); }

Diagnosis Runtime::diagnose() { return core::diagnose(state_->host, state_->lxcpath, state_->default_config); }

const ContainerPaths Runtime::paths_of(const std::string& name) const { return {state_->lxcpath, name}; }
const std::string& Runtime::lxcpath() const { return state_->lxcpath; }
const std::string& Runtime::default_config() const { return state_->default_config; }
Plugins& Runtime::plugins() { return state_->plugins; }

Result<CreateOutcome> Runtime::create(const CreateRequest& request) {
  LXCX_CHECK(doing(need_privilege(state_->host, paths_of(request.name)), "create " + request.name));
  return doing(create_container(state_->host, paths_of(request.name), state_->default_config, request), "create " + request.name);
}

Result<StartOutcome> Runtime::start(const StartRequest& request) {
  LXCX_CHECK(doing(need_privilege(state_->host, paths_of(request.name)), "start " + request.name));
  const ContainerPaths paths = paths_of(request.name);
  LXCX_CHECK(doing(check_name(request.name), "start"));
  LXCX_CHECK(doing(finish_stale_teardown(state_->host, paths), "start " + request.name));
  LXCX_CHECK(doing(finish_rename(state_->host, paths), "start " + request.name));
  return doing(start_container(state_->host, paths, request), "start " + request.name);
}

Result<std::vector<PlannedStep>> Runtime::plan_start(const StartRequest& request) {
  return doing(core::plan_start(state_->host, paths_of(request.name), request), "plan the start of " + request.name);
}

Result<void> Runtime::check_with_plugins(ContainerConfig config) {
  return core::check_with_plugins(state_->host, paths_of("file"), std::move(config));
}

Result<void> Runtime::stop(const StopRequest& request) {
  LXCX_CHECK(doing(need_privilege(state_->host, paths_of(request.name)), "stop " + request.name));
  return doing(stop_container(state_->host, paths_of(request.name), request), "stop " + request.name);
}

Result<void> Runtime::dump(const DumpRequest& request) {
  const std::string what = (request.pre_dump ? "pre-dump " : "checkpoint ") + request.name;
  LXCX_CHECK(doing(need_root_for_criu(), what));
  return doing(dump_container(state_->host, paths_of(request.name), request), what);
}

Result<StartOutcome> Runtime::restore(const RestoreRequest& request) {
  const std::string what = "restore " + request.name;
  LXCX_CHECK(doing(need_root_for_criu(), what));
  LXCX_CHECK(doing(finish_rename(state_->host, paths_of(request.name)), what));
  return doing(restore_container(state_->host, paths_of(request.name), request), what);
}

Result<int> Runtime::teardown(const std::string& run_directory) { return teardown_container(state_->host, run_directory); }

Result<void> Runtime::destroy(const DestroyRequest& request) {
  LXCX_CHECK(doing(need_privilege(state_->host, paths_of(request.name)), "destroy " + request.name));
  return doing(destroy_container(state_->host, paths_of(request.name), request), "destroy " + request.name);
}

Result<std::vector<std::string>> Runtime::rename(const std::string& name, const std::string& new_name) {
  LXCX_CHECK(doing(need_privilege(state_->host, paths_of(name)), "rename " + name));
  return doing(rename_container(state_->host, paths_of(name), paths_of(new_name)), "rename " + name);
}

Result<std::vector<std::string>> Runtime::copy(const std::string& name, const std::string& new_name, const std::string& new_lxcpath,
                                               const CopyRequest& request) {
  const ContainerPaths to{new_lxcpath.empty() ? state_->lxcpath : without_trailing_slashes(absolute(state_->host.kernel, new_lxcpath)), new_name};
  LXCX_CHECK(doing(need_privilege(state_->host, to), "copy " + name));
  return doing(copy_container(state_->host, paths_of(name), to, request), "copy " + name);
}

Result<ContainerInfo> Runtime::info(const std::string& name) { return doing(container_info(state_->host, paths_of(name)), "info " + name); }

Result<std::vector<ContainerSummary>> Runtime::list(const ListRequest& request, bool details) {
  return doing(list_containers(state_->host, state_->lxcpath, request, details), "ls");
}

Result<std::vector<ContainerUsage>> Runtime::usage() { return doing(running_usage(state_->host, state_->lxcpath), "top"); }

Result<void> Runtime::watch(const Watch& what) { return doing(core::watch(state_->host.kernel, what), "top"); }

Result<bool> Runtime::wait(const std::string& name, const std::vector<State>& states, int timeout_s) {
  return doing(wait_for_state(state_->host, paths_of(name), states, timeout_s), "wait for " + name);
}

Result<std::string> Runtime::template_help(const std::string& template_name) { return core::template_help(state_->host, template_name); }

Result<FollowEnd> Runtime::follow(FollowRequest request, const std::function<Result<bool>(const StateEvent&)>& on_event) {
  if (request.lxcpaths.empty()) request.lxcpaths.push_back(state_->lxcpath);
  return doing(follow_states(state_->host, request, on_event), "monitor");
}

Result<std::vector<AutostartItem>> Runtime::plan_autostart(const AutostartRequest& request) {
  Host& host = state_->host;
  LXCX_TRY(containers, doing(list_containers(host, state_->lxcpath, {}, false), "autostart"));
  std::vector<AutostartCandidate> candidates;
  for (const ContainerSummary& each : containers) {
    if (!each.defined) continue;
    const Result<ContainerConfig> config = load_config(paths_of(each.name).config(), host.source, nullptr);
    if (!config) {
      host.log.warn("'" + each.name + "': " + config.error().message + ": it is left out, ignoring");
      continue;
    }
    // What LXC runs is LXC's to end.
    const bool is_running = each.state != State::stopped && (request.action == AutostartAction::start || each.manager != "lxc");
    candidates.push_back({each.name, config->autostart, is_running, config->start_delay_s, config->start_order, config->groups, config->start_after,
                          config->start_requires});
  }
  return core::plan_autostart(candidates, request);
}

Result<void> Runtime::autostart(const std::vector<AutostartItem>& plan, const AutostartRequest& request,
                                const std::function<void(const AutostartItem&, const Error*)>& on_done) {
  Host& host = state_->host;
  const auto start_one = [&](const AutostartItem& item) -> Result<void> {
    StartRequest wanted;
    wanted.name = item.name;
    LXCX_TRY(outcome, start(wanted));
    for (const std::string& warning : outcome.warnings) host.log.warn(warning);
    LXCX_TRY(running, running_container(host, paths_of(item.name)));
    if (running.config.start_ready.empty()) return {};
    LXCX_CHECK(silence_streams(host.kernel));
    AttachRequest probe;
    probe.name = item.name;
    probe.options.command = {"/bin/sh", "-c", running.config.start_ready};
    probe.options.tty = EnterOptions::Tty::never;
    return doing(await_ready(std::chrono::seconds(running.config.start_ready_timeout_s), [&] { return attach(probe); }), "start " + item.name);
  };
  const auto end_one = [&](const AutostartItem& item) {
    StopRequest wanted;
    wanted.name = item.name;
    wanted.timeout_s = request.timeout_s;
    wanted.kill = request.action == AutostartAction::kill;
    wanted.reboot = request.action == AutostartAction::reboot;
    wanted.no_wait = wanted.reboot && !request.awaits_reboot;
    return stop(wanted);
  };
  const auto act = [&](const AutostartItem& item) { return request.action == AutostartAction::start ? start_one(item) : end_one(item); };
  return doing(run_autostart(host.kernel, plan, request.jobs, act, on_done), "autostart");
}

Result<void> Runtime::freeze(const std::string& name, bool frozen) {
  const std::string what = (frozen ? "freeze " : "unfreeze ") + name;
  LXCX_TRY(group, doing(running_group(state_->host, paths_of(name)), what));
  return doing(freeze_running(state_->host, paths_of(name), group, frozen), what);
}

Result<std::string> Runtime::cgroup_value(const std::string& name, std::string_view file) {
  const std::string what = "read a cgroup file of " + name;
  LXCX_TRY(group, doing(running_group(state_->host, paths_of(name)), what));
  return doing(group.cgroups.read(group.path, file), what);
}

Result<void> Runtime::set_cgroup_value(const std::string& name, std::string_view file, std::string_view value) {
  const std::string what = "write a cgroup file of " + name;
  LXCX_TRY(group, doing(running_group(state_->host, paths_of(name)), what));
  Result<void> written = group.cgroups.write(group.path, file, value);
  if (!written && written.error().code == Code::config) written.error().code = Code::usage;  // a device rule, which stands in no configuration here
  return doing(std::move(written), what);
}

Result<void> Runtime::add_device(const DeviceRequest& request) {
  const std::string what = "add a device to " + request.name;
  LXCX_CHECK(doing(need_root(), what));
  LXCX_TRY(target, doing(device_target(state_->host, paths_of(request.name)), what));
  return doing(add_to(state_->host.kernel, target, request), what);
}

Result<void> Runtime::remove_device(const DeviceRequest& request) {
  const std::string what = "take a device from " + request.name;
  LXCX_CHECK(doing(need_root(), what));
  LXCX_TRY(target, doing(device_target(state_->host, paths_of(request.name)), what));
  return doing(remove_from(state_->host.kernel, target, request), what);
}

Result<ContainerConfig> Runtime::running_config(const std::string& name) {
  Result<Running> running = running_container(state_->host, paths_of(name));
  if (!running) return doing(Result<ContainerConfig>(std::unexpected(std::move(running).error())), "read the running configuration of " + name);
  return std::move(running->config);
}

Result<std::vector<std::string>> Runtime::config_values(const std::string& name, const std::string& key, ConfigForm form) {
  Host& host = state_->host;
  const ContainerPaths paths = paths_of(name);
  std::string file = paths.config();
  if (const Result<RunDirectory> run = RunDirectory::open(host.kernel, host.root, paths)) file = run->path() + "/config";
  LXCX_TRY(current, current_key(key));
  LXCX_TRY(config, doing(load_config(file, host.source, nullptr), "info " + name));
  if (form == ConfigForm::lxc) return values_as_lxc(config, key, host.root.default_rootfs_mount());
  std::vector<std::string> values;
  for (const Setting& setting : config_settings(config, current))
    values.push_back(setting.key == current ? setting.value : setting.key + " = " + setting.value);
  return values;
}

Result<int> Runtime::attach(const AttachRequest& request) {
  Host& host = state_->host;
  const ContainerPaths paths = paths_of(request.name);
  const std::string what = "attach " + request.name;
  Result<Running> running = doing(running_container(host, paths), what);
  if (!running) return std::unexpected(std::move(running).error());
  // The container's group is its root's: an ordinary user gets into it by the right he has over that id, in his own namespace.
  if (!running->state.cgroup.empty() && !request.options.elevate_cgroup) LXCX_CHECK(doing(need_privilege(host, paths), what));
  EnterTarget target;
  target.init = running->state.init;
  target.clone_flags = running->state.clone_flags;
  target.cgroup = running->state.cgroup;
  target.cgroup_base = running->state.cgroup_base;
  target.helper = host.layout.program_directory + "/lxcx-enter";
  if (!request.options.elevate_lsm) {
    // Compiled anew from the configuration the container was started with.
    restore_selection(running->state, host);
    StartContext context(host, paths, running->config);
    LXCX_TRY(actions, doing(attach_actions(context), what));
    target.actions = std::move(actions);
    target.take_listener = [&host, paths](UniqueFd listener) { return hand_to_monitor(host, paths, listener.get()); };
  }
  target.config = std::move(running->config);
  return doing(enter_container(host.kernel, host.log, target, request.options), what);
}

Result<bool> Runtime::console(const ConsoleRequest& request, const std::function<void(int)>& on_connected) {
  Host& host = state_->host;
  const std::string what = "console " + request.name;
  LXCX_CHECK(doing(running_container(host, paths_of(request.name)), what));
  LXCX_TRY(run, RunDirectory::open(host.kernel, host.root, paths_of(request.name)));
  Result<ControlClient> connected = ControlClient::connect(host.kernel, run.fd());
  if (!connected && connected.error().code == Code::not_running && observe(host, paths_of(request.name)).init_alive)
    return doing(Result<bool>(no_monitor(request.name)), what);
  LXCX_TRY(client, doing(std::move(connected), what));
  LXCX_TRY(tty, doing(client.allocate_tty(request.tty), what));
  if (on_connected) on_connected(tty.number);
  return doing(relay_console(host.kernel, tty, STDIN_FILENO, STDOUT_FILENO, request.escape_prefix), what);
}

}  // namespace lxcx::core
