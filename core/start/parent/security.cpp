// SPDX-License-Identifier: Apache-2.0
#include "core/base/text.hpp"
#include "core/plugin/capabilities.hpp"
#include "core/start/calls.hpp"
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

/// Results become actions in the order emitted; a key nobody knows is refused, so that no fence is silently left out.
Result<void> take_actions(StartContext& context, const std::string& name, HostCall& call) {
  unsigned flags = 0;
  for (const auto& [key, value] : call.results) {
    if (key == "payload.seccomp.flags") {
      LXCX_TRY(number, parse_integer(value));
      flags = static_cast<unsigned>(number);
    } else if (key == "monitor.seccomp.proxy" || key == "monitor.seccomp.cookie") {
      (key == "monitor.seccomp.proxy" ? context.notify_proxy : context.notify_cookie) = value;
    } else if (key != "payload.seccomp" && key != "payload.label") {
      return fail(Code::plugin, "the security plugin '" + name + "' asks for '" + key + "', which this lxcx does not know",
                  "use a version of the plugin made for this lxcx");
    }
  }
  for (auto& [key, value] : call.results) {
    if (key == "payload.seccomp")
      context.actions.push_back({SecurityAction::Type::seccomp, std::move(value), flags, {}});
    else if (key == "payload.label")
      context.actions.push_back({SecurityAction::Type::label, std::move(value), 0, {}});
  }
  for (auto& [key, fd] : call.result_fds) {
    if (key == "payload.landlock") {
      context.actions.push_back({SecurityAction::Type::landlock, {}, 0, std::move(fd)});
    } else if (key == "monitor.landlock") {
      context.monitor_rulesets.push_back(std::move(fd));
    } else {
      return fail(Code::plugin, "the security plugin '" + name + "' hands over '" + key + "', which this lxcx does not know");
    }
  }
  return {};
}

}  // namespace

Result<void> compile_security(StartContext& context) {
  const std::string directory = context.paths.directory();
  for (const LoadedPlugins::Confiner& confiner : context.plugins.security) {
    JournalScope records(context.journal, "security " + confiner.name);
    HostCall call(security_call(context, confiner.name, &records));
    Call view = call.call();
    const Confinement what{context.paths.name, directory, context.config.idmap};
    LXCX_CHECK(doing(confiner.plugin->compile(view, what), "security plugin '" + confiner.name + "'"));
    LXCX_CHECK(take_actions(context, confiner.name, call));
  }
  return {};
}

Result<std::vector<SecurityAction>> attach_actions(StartContext& context) {
  const std::string directory = context.paths.directory();
  for (const std::string& name : wanted_security(context.host, context.config)) {
    LXCX_TRY(plugin, context.host.plugins.security(name));
    HostCall call(security_call(context, name, nullptr));
    Call view = call.call();
    LXCX_CHECK(doing(plugin->compile(view, Confinement{context.paths.name, directory, context.config.idmap}), "security plugin '" + name + "'"));
    LXCX_CHECK(take_actions(context, name, call));
  }
  return std::move(context.actions);
}

Result<void> unload_security(StartContext& context) {
  const std::string directory = context.paths.directory();
  for (const LoadedPlugins::Confiner& confiner : context.plugins.security) {
    Unloads* unloads = unloads_of(*confiner.plugin);
    if (unloads == nullptr) continue;
    JournalScope records(context.journal, "security " + confiner.name);
    HostCall call(security_call(context, confiner.name, &records));
    Call view = call.call();
    LXCX_CHECK(unloads->unload(view, Confinement{context.paths.name, directory, context.config.idmap}));
  }
  return {};
}

}  // namespace lxcx::core
