// SPDX-License-Identifier: Apache-2.0
#include "fake_runtime.hpp"

namespace lxcx::core {

FakeWorld& fake_world() {
  static FakeWorld world;
  return world;
}

struct Runtime::State_ {
  FakeWorld& world;
  Plugins plugins;
};

namespace {

template <class T>
Result<T> answer(const FakeWorld& world, T value) {
  if (world.error) return std::unexpected(*world.error);
  return value;
}

Result<void> answer(const FakeWorld& world) {
  if (world.error) return std::unexpected(*world.error);
  return {};
}

}  // namespace

Runtime::Runtime(std::unique_ptr<State_> state) : state_(std::move(state)) {}
Runtime::~Runtime() = default;

Result<std::unique_ptr<Runtime>> Runtime::open(Kernel& kernel, Log& log, RuntimeOptions options) {
  FakeWorld& world = fake_world();
  RegistryOptions registry = world.registry;
  registry.extra_directories = options.registry.extra_directories;
  world.options = std::move(options);
  return std::unique_ptr<Runtime>(new Runtime(std::unique_ptr<State_>(new State_{world, {kernel, log, registry}})));
}

Result<CreateOutcome> Runtime::create(const CreateRequest& request) {
  state_->world.created = request;
  return answer(state_->world, state_->world.create_outcome);
}
Result<StartOutcome> Runtime::start(const StartRequest& request) {
  state_->world.started = request;
  if (request.foreground && request.trace_steps && request.on_trace) request.on_trace(state_->world.start_outcome.trace);
  return answer(state_->world, state_->world.start_outcome);
}
Result<std::vector<PlannedStep>> Runtime::plan_start(const StartRequest& request) {
  state_->world.planned = request;
  return answer(state_->world, state_->world.plan);
}
Result<void> Runtime::check_with_plugins(ContainerConfig) { return {}; }
Result<void> Runtime::stop(const StopRequest& request) {
  state_->world.stopped = request;
  return answer(state_->world);
}
Result<void> Runtime::dump(const DumpRequest& request) {
  state_->world.dumped = request;
  return answer(state_->world);
}
Result<StartOutcome> Runtime::restore(const RestoreRequest& request) {
  state_->world.restored = request;
  return answer(state_->world, state_->world.start_outcome);
}
Result<int> Runtime::attach(const AttachRequest& request) {
  state_->world.attached = request;
  return answer(state_->world, state_->world.attach_status);
}
Result<bool> Runtime::console(const ConsoleRequest& request, const std::function<void(int)>& on_connected) {
  state_->world.connected = request;
  if (!state_->world.error) on_connected(request.tty < 0 ? 1 : request.tty);
  return answer(state_->world, true);
}
Result<ContainerInfo> Runtime::info(const std::string& name) {
  ContainerInfo info = state_->world.info;
  info.name = name;
  return answer(state_->world, info);
}
Result<std::vector<std::string>> Runtime::config_values(const std::string&, const std::string&, ConfigForm) {
  return answer(state_->world, state_->world.config_values);
}
Result<ContainerConfig> Runtime::running_config(const std::string&) { return answer(state_->world, state_->world.running_config); }
Result<std::vector<ContainerSummary>> Runtime::list(const ListRequest& request, bool details) {
  state_->world.listed = request;
  state_->world.listed_details = details;
  return answer(state_->world, state_->world.containers);
}
Result<std::vector<ContainerUsage>> Runtime::usage() { return answer(state_->world, state_->world.usage); }
/// One round, on a terminal of 80 columns, after all the keys there are.
Result<void> Runtime::watch(const Watch& what) {
  FakeWorld& world = state_->world;
  world.watched = what;
  for (const char key : world.keys)
    if (!what.on_key(key)) break;
  LXCX_TRY(text, what.draw(what.on_screen ? winsize{24, 80, 0, 0} : winsize{}));
  world.drawn = std::move(text);
  return answer(world);
}
Result<bool> Runtime::wait(const std::string&, const std::vector<State>& states, int timeout_s) {
  state_->world.waited_for = states;
  state_->world.waited_s = timeout_s;
  return answer(state_->world, state_->world.reached);
}
Result<FollowEnd> Runtime::follow(FollowRequest request, const std::function<Result<bool>(const StateEvent&)>& on_event) {
  FakeWorld& world = state_->world;
  world.followed = std::move(request);
  for (const StateEvent& event : world.events) {
    if (world.followed->wants && !world.followed->wants(event.name)) continue;
    LXCX_TRY(more, on_event(event));
    if (!more) return FollowEnd::enough;
  }
  return answer(world, FollowEnd::timeout);
}
Result<std::vector<AutostartItem>> Runtime::plan_autostart(const AutostartRequest& request) {
  state_->world.autostarted = request;
  return answer(state_->world, state_->world.autostart_plan);
}
Result<void> Runtime::autostart(const std::vector<AutostartItem>& plan, const AutostartRequest&,
                                const std::function<void(const AutostartItem&, const Error*)>& on_done) {
  for (const AutostartItem& item : plan) on_done(item, item.refusal ? &*item.refusal : nullptr);
  return answer(state_->world);
}
Result<void> Runtime::freeze(const std::string&, bool frozen) {
  state_->world.frozen = frozen;
  return answer(state_->world);
}
Result<std::string> Runtime::cgroup_value(const std::string&, std::string_view file) {
  state_->world.cgroup_file = file;
  return answer(state_->world, state_->world.cgroup_value);
}
Result<void> Runtime::set_cgroup_value(const std::string&, std::string_view file, std::string_view value) {
  state_->world.cgroup_file = file;
  state_->world.cgroup_value = value;
  return answer(state_->world);
}
Result<void> Runtime::add_device(const DeviceRequest& request) {
  state_->world.added = request;
  return answer(state_->world);
}
Result<void> Runtime::remove_device(const DeviceRequest& request) {
  state_->world.removed = request;
  return answer(state_->world);
}
Result<std::vector<std::string>> Runtime::copy(const std::string& name, const std::string& new_name, const std::string& new_lxcpath,
                                               const CopyRequest& request) {
  state_->world.copied = FakeWorld::Copied{name, new_name, new_lxcpath, request};
  return answer(state_->world, std::vector<std::string>{});
}
Result<std::vector<std::string>> Runtime::rename(const std::string& name, const std::string& new_name) {
  state_->world.renamed = {name, new_name};
  return answer(state_->world, std::vector<std::string>{});
}
Result<void> Runtime::destroy(const DestroyRequest& request) {
  state_->world.destroyed = request;
  return answer(state_->world);
}
Result<std::string> Runtime::template_help(const std::string& template_name) {
  return answer(state_->world, "  --suite=NAME   of " + template_name + "\n");
}
Diagnosis Runtime::diagnose() { return state_->world.diagnosis; }
Result<int> Runtime::unshare(const UnshareRequest& request) {
  state_->world.unshared = request;
  return answer(state_->world, state_->world.attach_status);
}
Result<std::vector<IdMapping>> Runtime::own_id_maps() {
  return answer(state_->world, std::vector<IdMapping>{{false, 0, 100000, 10}, {true, 0, 200000, 20}});
}
Result<KernelCheck> Runtime::check_kernel_config(const std::string&) { return answer(state_->world, state_->world.kernel_check); }
Plugins& Runtime::plugins() { return state_->plugins; }
const ContainerPaths Runtime::paths_of(const std::string& name) const { return {state_->world.lxcpath, name}; }
const std::string& Runtime::lxcpath() const { return state_->world.lxcpath; }
const std::string& Runtime::default_config() const { return state_->world.options->default_config; }
Result<int> Runtime::teardown(const std::string& run_directory) {
  state_->world.torn_down = run_directory;
  return answer(state_->world, state_->world.teardown_status);
}

}  // namespace lxcx::core
