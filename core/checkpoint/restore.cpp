// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>

#include "core/checkpoint/checkpoint.hpp"
#include "core/checkpoint/restore_plan.hpp"
#include "core/container/container_log.hpp"
#include "core/start/error_place.hpp"
#include "core/start/launch.hpp"
#include "core/stop/stop.hpp"

namespace lxcx::core {

namespace {

Result<void> check_facts(const CheckpointFacts& facts, const ContainerPaths& paths, const std::string& directory) {
  if (facts.pre_dump)
    return fail(Code::usage, "'" + directory + "' is a pre-dump, which has the memory alone", "restore the dump that was made with --predump-dir");
  if (facts.name == paths.name && facts.lxcpath == paths.lxcpath) return {};
  return fail(Code::usage, "'" + directory + "' is a checkpoint of '" + facts.lxcpath + "/" + facts.name + "'",
              "restore it by that name: lxcx -P " + facts.lxcpath + " checkpoint -r -D " + directory + " " + facts.name);
}

/// The configuration that the processes were made by; what was changed in the file since counts from the next start.
Result<ContainerConfig> dumped_config(Host& host, const ImageDirectory& images, const CheckpointFacts& facts) {
  LXCX_TRY(config, load_config("/proc/self/fd/" + std::to_string(images.fd()) + "/" + config_copy, host.source, nullptr));
  config.file = facts.config_file;
  return config;
}

Result<StartOutcome> launch_restore(StartContext& context) {
  LXCX_TRY(plugins, load_plugins(context.host, context.config));
  context.plugins = std::move(plugins);
  LXCX_CHECK(validate_with_plugins(context));
  LXCX_CHECK(check_criu(context.kernel, context.restore_plan->criu));
  LXCX_TRY(lock, lock_container(context.kernel, context.host.root, context.paths));
  LXCX_CHECK(refuse_second_start(context.host, context.paths));
  LXCX_CHECK(prepare_run(context));
  return launch(context);
}

}  // namespace

Result<StartOutcome> restore_container(Host& host, const ContainerPaths& paths, const RestoreRequest& request) {
  LXCX_CHECK(check_name(paths.name));
  if (!host.kernel.faccessat(AT_FDCWD, paths.config().c_str(), F_OK, 0)) return std::unexpected(no_container(host.kernel, paths));
  LXCX_CHECK(finish_stale_teardown(host, paths));
  LXCX_CHECK(refuse_second_start(host, paths));
  if (runs_under_lxc(paths)) return fail(Code::busy, "'" + paths.name + "' is running under LXC", "stop it there first: lxc-stop -n " + paths.name);
  LXCX_TRY(images, ImageDirectory::open(host.kernel, request.directory));
  LXCX_TRY(text, images.read(facts_file));
  LXCX_TRY(facts, doing(parse_facts(text), "read '" + request.directory + "/" + facts_file + "'"));
  LXCX_CHECK(check_facts(facts, paths, request.directory));
  LXCX_CHECK(check_action_script(host.kernel, request.action_script));
  LXCX_TRY(config, dumped_config(host, images, facts));
  LXCX_CHECK(follow_log(host, paths, config));
  LXCX_TRY(criu, find_criu(host.kernel));
  RestorePlan plan{std::move(images), std::move(facts), std::move(criu), request.action_script, request.verbose, {}, {}, {}, {},
                   std::nullopt,      std::nullopt};
  StartContext context(host, paths, std::move(config));
  context.request.name = request.name;
  context.request.foreground = request.foreground;
  context.request.reports_status = request.reports_status;
  context.restore_plan = &plan;
  context.run_steps = run_restore_steps;
  Result<StartOutcome> outcome = launch_restore(context);
  if (!outcome) add_place(context.config, outcome.error());
  return outcome;
}

}  // namespace lxcx::core
