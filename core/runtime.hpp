// SPDX-License-Identifier: Apache-2.0
// The facade: one function per verb. All that host/ and bindings may include of core.
//
// Errors are returned, never printed. A Runtime is used by one thread at a time; start() and create() fork and want a single-threaded caller.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/attach/attach.hpp"
#include "core/base/log.hpp"
#include "core/base/step.hpp"
#include "core/config/parse.hpp"
#include "core/container/name.hpp"
#include "core/container/states.hpp"
#include "core/create/create.hpp"
#include "core/info/info.hpp"
#include "core/kernel/kernel.hpp"
#include "core/plugin/plugins.hpp"
#include "core/start/start.hpp"
#include "core/stop/remove.hpp"
#include "core/stop/stop.hpp"

namespace lxcx::core {

struct RuntimeOptions {
  std::string lxcpath;              ///< empty: lxc.lxcpath of lxc.conf, else /var/lib/lxc
  std::string default_config;       ///< empty: lxc.default_config of lxc.conf, else /etc/lxc/default.conf
  RegistryOptions registry;         ///< installed_directory empty: from the layout
  PluginSelection selection;
  /// Global options to repeat to the process that tears a container down: -o FILE, -l LEVEL, --plugin-dir DIR ….
  std::vector<std::string> teardown_options;
};

struct AttachRequest {
  std::string name;
  EnterOptions options;
  std::string config_file;
};

struct ConsoleRequest {
  std::string name;
  int tty = -1;             ///< 0: /dev/console; -1: the first free one
  char escape_prefix = 1;   ///< Ctrl-a
};

class Runtime {
 public:
  static Result<std::unique_ptr<Runtime>> open(Kernel& kernel, Log& log, RuntimeOptions options);
  ~Runtime();

  Result<CreateOutcome> create(const CreateRequest& request);
  Result<StartOutcome> start(const StartRequest& request);
  Result<std::vector<PlannedStep>> plan_start(const StartRequest& request);  ///< touches nothing
  Result<void> stop(const StopRequest& request);
  Result<int> attach(const AttachRequest& request);
  /// True: the user left with the escape; false: the container ended. `on_connected` is told the tty's number.
  Result<bool> console(const ConsoleRequest& request, const std::function<void(int)>& on_connected);
  Result<ContainerInfo> info(const std::string& name);
  /// The effective configuration's values of a key, of the running container if it runs.
  Result<std::vector<std::string>> config_values(const std::string& name, const std::string& key);
  /// Sorted by name: all defined containers and all running ones. With `details`, the configuration-derived members are filled.
  Result<std::vector<ContainerSummary>> list(const ListRequest& request, bool details);
  /// False when the timeout ran out; -1: for ever; 0: look once.
  Result<bool> wait(const std::string& name, const std::vector<State>& states, int timeout_s);
  Result<void> freeze(const std::string& name, bool frozen);
  Result<void> destroy(const DestroyRequest& request);
  /// What a template's own --help shows.
  Result<std::string> template_help(const std::string& template_name);

  Plugins& plugins();
  const ContainerPaths paths_of(const std::string& name) const;
  const std::string& lxcpath() const;
  const std::string& default_config() const;

  /// What a monitor execs when init has ended: hooks, undo of the journal, and a new start after a reboot. Returns init's status as a shell
  /// reports it, which is the exit status of a foreground start.
  Result<int> teardown(const std::string& run_directory);

  struct State_;  // the parts; core only
  State_& parts() { return *state_; }

 private:
  explicit Runtime(std::unique_ptr<State_> state);
  std::unique_ptr<State_> state_;
};

}  // namespace lxcx::core
