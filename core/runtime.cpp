// SPDX-License-Identifier: Apache-2.0
#include "core/runtime.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/config/system_config.hpp"
#include "core/start/context.hpp"

namespace lxcx::core {

// Host refers to the Plugins beside it: both live and die in the State_, which never moves.
struct Runtime::State_ {
  State_(Kernel& kernel, Log& log, RuntimeOptions options, InstallLayout layout, ConfigSource source)
      : plugins(kernel, log, std::move(options.registry)),
        host{kernel,
             log,
             plugins,
             std::move(layout),
             runtime_root(),
             std::move(options.selection),
             std::move(source),
             std::move(options.teardown_options)},
        lxcpath(std::move(options.lxcpath)),
        default_config(std::move(options.default_config)) {}
  State_(const State_&) = delete;
  State_& operator=(const State_&) = delete;

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

struct Running {
  RunState state;
  ContainerConfig config;
};

Result<Running> running_container(Host& host, const ContainerPaths& paths) {
  LXCX_CHECK(check_name(paths.name));
  LXCX_CHECK(finish_stale_teardown(host, paths));
  const Observed seen = observe(host, paths);
  if (!seen.exists && runs_under_lxc(paths))
    return fail(Code::busy, "'" + paths.name + "' is running under LXC", "use lxc-attach, or restart it with lxcx");
  if (!seen.init_alive) return std::unexpected(not_running(host, paths));
  LXCX_TRY(run, RunDirectory::open(host.kernel, host.root, paths));
  LXCX_TRY(file, run.config_path());
  LXCX_TRY(config, load_config(file, host.source, nullptr));
  return Running{seen.run, std::move(config)};
}

}  // namespace

Runtime::Runtime(std::unique_ptr<State_> state) : state_(std::move(state)) {}
Runtime::~Runtime() = default;

Result<std::unique_ptr<Runtime>> Runtime::open(Kernel& kernel, Log& log, RuntimeOptions options) {
  LXCX_TRY(layout, find_install_layout());
  const ConfigSource source = real_config_source();
  if (options.registry.installed_directory.empty()) options.registry.installed_directory = layout.manifest_directory;
  if (options.lxcpath.empty() || options.default_config.empty()) {
    LXCX_TRY(system, load_system_config(source, ::geteuid() == 0));
    if (options.lxcpath.empty()) options.lxcpath = system.lxcpath;
    if (options.default_config.empty()) options.default_config = system.default_config;
  }
  options.lxcpath = without_trailing_slashes(absolute(kernel, options.lxcpath));
  auto state = std::make_unique<State_>(kernel, log, std::move(options), std::move(layout), source);
  return std::unique_ptr<Runtime>(new Runtime(std::move(state)));
}

const ContainerPaths Runtime::paths_of(const std::string& name) const { return {state_->lxcpath, name}; }
const std::string& Runtime::lxcpath() const { return state_->lxcpath; }
const std::string& Runtime::default_config() const { return state_->default_config; }
Plugins& Runtime::plugins() { return state_->plugins; }

Result<CreateOutcome> Runtime::create(const CreateRequest& request) {
  return doing(create_container(state_->host, paths_of(request.name), state_->default_config, request), "create " + request.name);
}

Result<StartOutcome> Runtime::start(const StartRequest& request) {
  const ContainerPaths paths = paths_of(request.name);
  LXCX_CHECK(doing(check_name(request.name), "start"));
  LXCX_CHECK(doing(finish_stale_teardown(state_->host, paths), "start " + request.name));
  return doing(start_container(state_->host, paths, request), "start " + request.name);
}

Result<std::vector<PlannedStep>> Runtime::plan_start(const StartRequest& request) {
  return doing(core::plan_start(state_->host, paths_of(request.name), request), "plan the start of " + request.name);
}

Result<void> Runtime::stop(const StopRequest& request) {
  return doing(stop_container(state_->host, paths_of(request.name), request), "stop " + request.name);
}

Result<int> Runtime::teardown(const std::string& run_directory) { return teardown_container(state_->host, run_directory); }

Result<void> Runtime::destroy(const DestroyRequest& request) {
  return doing(destroy_container(state_->host, paths_of(request.name), request), "destroy " + request.name);
}

Result<ContainerInfo> Runtime::info(const std::string& name) { return doing(container_info(state_->host, paths_of(name)), "info " + name); }

Result<std::vector<ContainerSummary>> Runtime::list(const ListRequest& request, bool details) {
  return doing(list_containers(state_->host, state_->lxcpath, request, details), "ls");
}

Result<bool> Runtime::wait(const std::string& name, const std::vector<State>& states, int timeout_s) {
  return doing(wait_for_state(state_->host, paths_of(name), states, timeout_s), "wait for " + name);
}

Result<std::string> Runtime::template_help(const std::string& template_name) { return core::template_help(state_->host, template_name); }

Result<void> Runtime::freeze(const std::string& name, bool frozen) {
  const std::string what = (frozen ? "freeze " : "unfreeze ") + name;
  Result<Running> running = running_container(state_->host, paths_of(name));
  if (!running) return doing(Result<void>(std::unexpected(std::move(running).error())), what);
  LXCX_TRY(cgroups, doing(Cgroups::open(state_->host.kernel, state_->host.log, running->config.cgroup_relative), what));
  if (running->state.cgroup.empty()) return fail(Code::unsupported, "'" + name + "' runs without cgroups");
  return doing(cgroups.freeze(running->state.cgroup, frozen, 10'000), what);
}

Result<std::vector<std::string>> Runtime::config_values(const std::string& name, const std::string& key) {
  Host& host = state_->host;
  const ContainerPaths paths = paths_of(name);
  std::string file = paths.config();
  if (const Result<RunDirectory> run = RunDirectory::open(host.kernel, host.root, paths)) file = run->path() + "/config";
  LXCX_TRY(config, doing(load_config(file, host.source, nullptr), "info " + name));
  LXCX_TRY(text, print_config(config));
  std::vector<std::string> values;
  for (const std::string& line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos && trim(std::string_view(line).substr(0, equals)) == key)
      values.emplace_back(trim(std::string_view(line).substr(equals + 1)));
  }
  return values;
}

Result<int> Runtime::attach(const AttachRequest& request) {
  Host& host = state_->host;
  const ContainerPaths paths = paths_of(request.name);
  const std::string what = "attach " + request.name;
  Result<Running> running = doing(running_container(host, paths), what);
  if (!running) return std::unexpected(std::move(running).error());
  EnterTarget target;
  target.init = running->state.init;
  target.clone_flags = running->state.clone_flags;
  target.cgroup = running->state.cgroup;
  target.cgroup_relative = running->config.cgroup_relative;
  target.helper = host.layout.program_directory + "/lxcx-enter";
  if (!request.options.elevate_lsm) {
    // Compiled anew from the configuration the container was started with.
    StartContext context(host, paths, running->config);
    LXCX_TRY(actions, doing(attach_actions(context), what));
    target.actions = std::move(actions);
  }
  target.config = std::move(running->config);
  return doing(enter_container(host.kernel, host.log, target, request.options), what);
}

Result<bool> Runtime::console(const ConsoleRequest& request, const std::function<void(int)>& on_connected) {
  Host& host = state_->host;
  const std::string what = "console " + request.name;
  LXCX_CHECK(doing(running_container(host, paths_of(request.name)), what));
  LXCX_TRY(run, RunDirectory::open(host.kernel, host.root, paths_of(request.name)));
  LXCX_TRY(client, doing(ControlClient::connect(host.kernel, run.fd()), what));
  LXCX_TRY(tty, doing(client.allocate_tty(request.tty), what));
  if (on_connected) on_connected(tty.number);
  return doing(relay_console(host.kernel, tty, STDIN_FILENO, STDOUT_FILENO, request.escape_prefix), what);
}

}  // namespace lxcx::core
