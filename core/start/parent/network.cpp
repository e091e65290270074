// SPDX-License-Identifier: Apache-2.0
#include "core/start/calls.hpp"
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

std::string scope_of(const NicConfig& nic) { return "network " + std::to_string(nic.index); }

/// LXC's words for net scripts: type, then link and host name where there are any (network.md: version 0 arguments, version 1 environment).
EventDetails script_details(const NicConfig& nic, std::string_view link, std::string_view host_name) {
  EventDetails details;
  details.nic = &nic;
  details.args = {nic.type};
  if (!link.empty()) details.args.emplace_back(link);
  if (!host_name.empty()) details.args.emplace_back(host_name);
  details.environment.emplace_back("LXC_NET_TYPE", nic.type);
  if (!link.empty()) details.environment.emplace_back("LXC_NET_PARENT", link);
  if (!host_name.empty()) details.environment.emplace_back("LXC_NET_PEER", host_name);
  return details;
}

Result<void> connect_one(StartContext& context, const LoadedPlugins::Nic& nic) {
  JournalScope records(context.journal, scope_of(*nic.config));
  LXCX_CHECK(records.record("core.begun", "1"));
  HostCall call(nic_call(context, *nic.config, &records));
  Call view = call.call();
  LXCX_CHECK(nic.plugin->connect(view, Nic{context.paths.name, nic.config->type, nic.config->index, context.netns.get()}));
  LXCX_CHECK(records.record("core.link", call.result("link")));
  LXCX_CHECK(records.record("core.host_name", call.result("host_name")));
  if (nic.config->get("script.up").empty() && !has_listener(context, LXCX_EVENT_NET_UP)) return {};
  return run_event(context, LXCX_EVENT_NET_UP, script_details(*nic.config, call.result("link"), call.result("host_name")));
}

Result<void> disconnect_one(StartContext& context, const LoadedPlugins::Nic& nic) {
  JournalScope records(context.journal, scope_of(*nic.config));
  if (records.recall("core.begun") == nullptr) return {};
  const std::string* link = records.recall("core.link");
  const std::string* host_name = records.recall("core.host_name");
  const bool is_first_try = records.recall("core.down_told") == nullptr;
  if (is_first_try) LXCX_CHECK(records.record("core.down_told", "1"));
  if (const Result<void> told =
          !is_first_try ? Result<void>{}
                        : run_event(context, LXCX_EVENT_NET_DOWN, script_details(*nic.config, link ? *link : "", host_name ? *host_name : ""));
      !told)
    context.log().warn(nic_text(*nic.config) + ": " + told.error().message + ", ignoring");
  HostCall call(nic_call(context, *nic.config, &records));
  Call view = call.call();
  return nic.plugin->disconnect(view, Nic{context.paths.name, nic.config->type, nic.config->index, context.netns.get()});
}

}  // namespace

Result<void> connect_networks(StartContext& context) {
  for (const LoadedPlugins::Nic& nic : context.plugins.nics) {
    if (nic.shares_host_namespace) continue;
    Result<void> connected = connect_one(context, nic);
    if (!connected && !connected.error().where) connected.error().where = nic.config->where;
    LXCX_CHECK(doing(std::move(connected), nic_text(*nic.config)));
  }
  return {};
}

Result<void> disconnect_networks(StartContext& context) {
  Result<void> first;
  for (auto nic = context.plugins.nics.rbegin(); nic != context.plugins.nics.rend(); ++nic) {
    if (nic->shares_host_namespace) continue;
    Result<void> gone = doing(disconnect_one(context, *nic), nic_text(*nic->config));
    if (!gone && first) first = std::move(gone);
  }
  return first;
}

}  // namespace lxcx::core
