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
#include <string_view>
#include <utility>
#include <vector>

#include "core/attach/attach.hpp"
#include "core/autostart/plan.hpp"
#include "core/base/log.hpp"
#include "core/base/step.hpp"
#include "core/checkpoint/checkpoint.hpp"
#include "core/config/convert.hpp"
#include "core/config/edit.hpp"
#include "core/config/parse.hpp"
#include "core/config/system_config.hpp"
#include "core/container/name.hpp"
#include "core/container/states.hpp"
#include "core/copy/copy.hpp"
#include "core/create/create.hpp"
#include "core/doctor/checkconfig.hpp"
#include "core/doctor/doctor.hpp"
#include "core/info/follow.hpp"
#include "core/info/info.hpp"
#include "core/info/usage.hpp"
#include "core/info/watch.hpp"
#include "core/kernel/kernel.hpp"
#include "core/plugin/plugins.hpp"
#include "core/start/start.hpp"
#include "core/stop/remove.hpp"
#include "core/stop/stop.hpp"
#include "core/unshare/unshare.hpp"

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

struct DeviceRequest {
  std::string name;
  std::string device;  ///< a path, or the name of a network interface
  std::string place;   ///< what it is called at the other side
};

enum class ConfigForm {
  written,  ///< as in the file
  lxc,      ///< as lxc-info -c gives it
};

class Runtime {
 public:
  static Result<std::unique_ptr<Runtime>> open(Kernel& kernel, Log& log, RuntimeOptions options);
  ~Runtime();

  Result<CreateOutcome> create(const CreateRequest& request);
  Result<StartOutcome> start(const StartRequest& request);
  Result<std::vector<PlannedStep>> plan_start(const StartRequest& request);  ///< touches nothing
  Result<void> check_with_plugins(ContainerConfig config);                   ///< of a file that need be no container's; touches nothing
  Result<void> stop(const StopRequest& request);
  Result<void> dump(const DumpRequest& request);
  Result<StartOutcome> restore(const RestoreRequest& request);
  Result<int> attach(const AttachRequest& request);
  /// True: the user left with the escape; false: the container ended. `on_connected` is told the tty's number.
  Result<bool> console(const ConsoleRequest& request, const std::function<void(int)>& on_connected);
  Result<ContainerInfo> info(const std::string& name);
  /// The effective configuration's values of a key, of the running container if it runs; of a group, `key = value`. Errors: usage for no key.
  Result<std::vector<std::string>> config_values(const std::string& name, const std::string& key, ConfigForm form = ConfigForm::written);
  /// The configuration that a container runs with, whatever became of the file since. Errors: not_running.
  Result<ContainerConfig> running_config(const std::string& name);
  /// Sorted by name: all defined containers and all running ones. With `details`, the configuration-derived members are filled.
  Result<std::vector<ContainerSummary>> list(const ListRequest& request, bool details);
  /// What all that run have used, sorted by name.
  Result<std::vector<ContainerUsage>> usage();
  /// Shows something again and again; `what` asks for what it shows.
  Result<void> watch(const Watch& what);
  /// False when the timeout ran out; -1: for ever; 0: look once.
  Result<bool> wait(const std::string& name, const std::vector<State>& states, int timeout_s);
  /// What happens from now on, of this runtime's lxcpath when the request names none.
  Result<FollowEnd> follow(FollowRequest request, const std::function<Result<bool>(const StateEvent&)>& on_event);
  /// A configuration that cannot be read is warned of and left out.
  Result<std::vector<AutostartItem>> plan_autostart(const AutostartRequest& request);
  /// Forks for each container. `on_done` hears of each as it ends; null: it was done.
  Result<void> autostart(const std::vector<AutostartItem>& plan, const AutostartRequest& request,
                         const std::function<void(const AutostartItem&, const Error*)>& on_done);
  Result<void> freeze(const std::string& name, bool frozen);
  /// A file of the running container's cgroup, in whichever hierarchy has it; devices.allow, .deny and .list also on v2.
  /// Errors: usage for what is no plain name; not_running; not_found with the counterpart's name when the file is the other version's.
  Result<std::string> cgroup_value(const std::string& name, std::string_view file);
  Result<void> set_cgroup_value(const std::string& name, std::string_view file, std::string_view value);
  /// Gives a device node or a network interface of the host to the running container, or takes it back; core/device/device.hpp says what that means.
  Result<void> add_device(const DeviceRequest& request);
  Result<void> remove_device(const DeviceRequest& request);
  /// Another name for a stopped container, in its place; returns warnings, formatted. core/stop/rename.hpp has the steps.
  Result<std::vector<std::string>> rename(const std::string& name, const std::string& new_name);
  /// A new container made of a stopped one; returns warnings, formatted. `new_lxcpath`: empty for the same.
  Result<std::vector<std::string>> copy(const std::string& name, const std::string& new_name, const std::string& new_lxcpath,
                                        const CopyRequest& request);
  Result<void> destroy(const DestroyRequest& request);
  /// What a template's own --help shows.
  Result<std::string> template_help(const std::string& template_name);

  /// A program in namespaces of its own, without a container; returns its status.
  Result<int> unshare(const UnshareRequest& request);
  /// The ids that /etc/subuid and /etc/subgid give to the caller. Errors: not_found.
  Result<std::vector<IdMapping>> own_id_maps();

  /// What containers use of the kernel, by its configuration: of `file`, or where it is kept when that is empty. Errors: not_found.
  Result<KernelCheck> check_kernel_config(const std::string& file);
  /// Tries what containers need of this machine.
  Diagnosis diagnose();

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
