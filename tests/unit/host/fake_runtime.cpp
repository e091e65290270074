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
  return answer(state_->world, state_->world.start_outcome);
}
Result<std::vector<PlannedStep>> Runtime::plan_start(const StartRequest& request) {
  state_->world.planned = request;
  return answer(state_->world, state_->world.plan);
}
Result<void> Runtime::stop(const StopRequest& request) {
  state_->world.stopped = request;
  return answer(state_->world);
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
Result<std::vector<std::string>> Runtime::config_values(const std::string&, const std::string&) {
  return answer(state_->world, state_->world.config_values);
}
Result<std::vector<ContainerSummary>> Runtime::list(const ListRequest& request, bool details) {
  state_->world.listed = request;
  state_->world.listed_details = details;
  return answer(state_->world, state_->world.containers);
}
Result<bool> Runtime::wait(const std::string&, const std::vector<State>& states, int timeout_s) {
  state_->world.waited_for = states;
  state_->world.waited_s = timeout_s;
  return answer(state_->world, state_->world.reached);
}
Result<void> Runtime::freeze(const std::string&, bool frozen) {
  state_->world.frozen = frozen;
  return answer(state_->world);
}
Result<void> Runtime::destroy(const DestroyRequest& request) {
  state_->world.destroyed = request;
  return answer(state_->world);
}
Result<std::string> Runtime::template_help(const std::string& template_name) {
  return answer(state_->world, "  --suite=NAME   of " + template_name + "\n");
}
Plugins& Runtime::plugins() { return state_->plugins; }
const ContainerPaths Runtime::paths_of(const std::string& name) const { return {state_->world.lxcpath, name}; }
const std::string& Runtime::lxcpath() const { return state_->world.lxcpath; }
const std::string& Runtime::default_config() const { return state_->world.options->default_config; }
Result<int> Runtime::teardown(const std::string& run_directory) {
  state_->world.torn_down = run_directory;
  return answer(state_->world, state_->world.teardown_status);
}

}  // namespace lxcx::core
