// SPDX-License-Identifier: Apache-2.0
// From the request to a start that is ready to be launched: read, refuse, lock, make the run directory.
#include "core/start/start.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "core/attach/streams.hpp"
#include "core/container/container_log.hpp"
#include "core/container/dependents.hpp"
#include "core/start/context.hpp"
#include "core/start/error_place.hpp"
#include "core/start/launch.hpp"

namespace lxcx::core {

Result<ContainerConfig> load_start_config(Host& host, const ContainerPaths& paths, const StartRequest& request, Warnings& warnings) {
  const std::string file = request.config_file.empty() ? paths.config() : request.config_file;
  Overrides overrides = request.overrides;
  if (!request.console_path.empty()) overrides.emplace_back("lxc.console.path", request.console_path);
  if (!request.console_log.empty()) overrides.emplace_back("lxc.console.logfile", request.console_log);
  const ConfigSource source = own_config_source(host.source, paths.directory());
  Result<ContainerConfig> config = load_config(file, source, &warnings, overrides);
  if (!config && config.error().code == Code::not_found && request.config_file.empty()) {
    if (request.execute && !request.needs_definition) {
      // An application container needs no definition: it shares the host's root.
      ParsedConfig parsed = parse_config("", "", host.source, overrides);
      if (parsed.has_errors())
        return fail(Code::config, "the overriding settings are wrong: " + parsed.diagnostics.front().message, parsed.diagnostics.front().hint);
      config = std::move(parsed.config);
    } else {
      return std::unexpected(no_container(host.kernel, paths));
    }
  }
  if (!config) return config;
  LXCX_CHECK(refuse_unmapped(host.kernel, *config));
  select_network(*config, host.selection);
  if (config->rootfs.empty() && !request.execute && request.command.empty() && config->init_command.empty())
    return fail(Code::config, "'" + paths.name + "' has no lxc.rootfs.path: the host's own /sbin/init would be run",
                "set lxc.rootfs.path, or give a command after --");
  return config;
}

Result<void> prepare_run(StartContext& context) {
  const std::string monitor = monitor_program(context.host);
  LXCX_CHECK(doing(context.kernel.faccessat(AT_FDCWD, monitor.c_str(), X_OK, 0), "find the monitor '" + monitor + "'"));
  LXCX_TRY(run, RunDirectory::create(context.kernel, context.host.root, context.paths));
  context.run.emplace(std::move(run));
  const auto fill = [&]() -> Result<void> {
    LXCX_TRY(journal, context.run->journal(true));
    context.journal = std::move(journal);
    context.state.lxcpath = context.paths.lxcpath;
    context.state.name = context.paths.name;
    context.state.config_file = context.config.file;
    context.state.enter(State::starting);
    save_selection(context.host, context.state);
    save_request(context.request, context.state);
    context.state.monitor = this_process();
    LXCX_TRY(text, print_config(context.config));
    LXCX_CHECK(context.run->write_config(text));
    return context.run->write_state(context.state);
  };
  Result<void> done = doing(fill(), "fill the run directory");
  if (!done) (void)context.run->remove();
  return done;
}

Result<void> refuse_second_start(Host& host, const ContainerPaths& paths) {
  const Result<RunDirectory> run = RunDirectory::open(host.kernel, host.root, paths);
  if (!run) return {};
  const Result<RunState> state = run->read_state();
  return fail(
      Code::busy,
      "'" + paths.name + "' is running already" + (state && state->init.pid > 0 ? " (init is process " + std::to_string(state->init.pid) + ")" : ""),
      "`lxcx attach " + paths.name + "` enters it");
}

namespace {

Result<void> refuse_unfinished(Host& host, const ContainerPaths& paths) {
  LXCX_TRY(creation, creation_of(host.kernel, paths));
  if (creation == Creation::going_on) return fail(Code::busy, "'" + paths.name + "' is being created");
  if (creation == Creation::finished) return {};
  return fail(Code::busy, "the creation of '" + paths.name + "' was cut short: it is not whole",
              "`lxcx create` makes it anew, `lxcx destroy " + paths.name + "` removes it");
}

Result<StartOutcome> start_loaded(StartContext& context) {
  const ContainerPaths& paths = context.paths;
  if (runs_under_lxc(paths)) return fail(Code::busy, "'" + paths.name + "' is running under LXC", "stop it there first: lxc-stop -n " + paths.name);
  if (context.request.foreground) LXCX_CHECK(refuse_directory_streams(context.kernel));
  LXCX_TRY(plugins, load_plugins(context.host, context.config));
  context.plugins = std::move(plugins);
  LXCX_CHECK(validate_with_plugins(context));
  LXCX_TRY(lock, lock_container(context.kernel, context.host.root, paths));
  LXCX_CHECK(refuse_second_start(context.host, paths));
  LXCX_CHECK(refuse_unfinished(context.host, paths));
  LXCX_CHECK(prepare_run(context));
  return launch(context);
}

}  // namespace

Result<StartOutcome> start_container(Host& host, const ContainerPaths& paths, const StartRequest& request) {
  LXCX_CHECK(check_name(paths.name));
  Warnings warnings;
  LXCX_TRY(config, load_start_config(host, paths, request, warnings));
  LXCX_CHECK(follow_log(host, paths, config));
  if (has_clones(host.kernel, paths))
    warnings.push_back("other containers are snapshots of '" + paths.name + "': what changes in its root file system shows in theirs");
  StartContext context(host, paths, std::move(config));
  context.request = request;
  Result<StartOutcome> outcome = start_loaded(context);
  if (outcome)
    outcome->warnings = std::move(warnings);
  else
    add_place(context.config, outcome.error());
  return outcome;
}

}  // namespace lxcx::core
