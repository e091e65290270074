// SPDX-License-Identifier: Apache-2.0
// What the command line chose, in the configuration and in the run state.
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/start/launch.hpp"

namespace lxcx::core {

namespace {

/// What a teardown, and a start after a reboot, must choose again.
constexpr std::array<std::pair<std::string_view, std::string PluginSelection::*>, 4> selection_keys{
    {{"selection.storage", &PluginSelection::storage},
     {"selection.network", &PluginSelection::network},
     {"selection.security", &PluginSelection::security},
     {"selection.hook", &PluginSelection::hook}}};

constexpr std::string_view execute_key = "request.execute";
constexpr std::array<std::pair<std::string_view, bool StartRequest::*>, 2> request_keys{
    {{"request.foreground", &StartRequest::foreground}, {execute_key, &StartRequest::execute}}};

std::string command_key(std::size_t index) { return "request.command." + std::to_string(index); }
std::string plugin_directory_key(std::size_t index) { return "plugin_directory." + std::to_string(index); }

}  // namespace

void select_network(ContainerConfig& config, const PluginSelection& selection) {
  if (selection.network.empty()) return;
  if (config.nics.empty()) config.nics.push_back({0, selection.network, {}, {{"flags", "up", {}}}});
  for (NicConfig& nic : config.nics) nic.type = selection.network;
}

void save_selection(const Host& host, RunState& state) {
  for (const auto& [key, member] : selection_keys)
    if (!(host.selection.*member).empty()) state.extra[std::string(key)] = host.selection.*member;
  const std::vector<std::string> directories = host.plugins.asked_for();
  for (std::size_t i = 0; i < directories.size(); ++i) state.extra[plugin_directory_key(i)] = directories[i];
}

void restore_selection(const RunState& state, Host& host) {
  for (const auto& [key, member] : selection_keys)
    if (const auto found = state.extra.find(std::string(key)); found != state.extra.end()) host.selection.*member = found->second;
  std::vector<std::string> directories;
  for (auto found = state.extra.find(plugin_directory_key(0)); found != state.extra.end();
       found = state.extra.find(plugin_directory_key(directories.size())))
    directories.push_back(found->second);
  if (!directories.empty()) host.plugins.search_first(directories);
}

void save_request(const StartRequest& request, RunState& state) {
  if (!request.reports_status) state.extra[std::string(unreported_status)] = "1";
  for (const auto& [key, member] : request_keys)
    if (request.*member) state.extra[std::string(key)] = "1";
  for (std::size_t i = 0; i < request.command.size(); ++i) state.extra[command_key(i)] = request.command[i];
}

bool was_executed(const RunState& state) { return state.extra.contains(std::string(execute_key)); }

void restore_request(const RunState& state, StartRequest& request) {
  request.reports_status = !state.extra.contains(std::string(unreported_status));
  for (const auto& [key, member] : request_keys) request.*member = state.extra.contains(std::string(key));
  for (auto found = state.extra.find(command_key(0)); found != state.extra.end(); found = state.extra.find(command_key(request.command.size())))
    request.command.push_back(found->second);
}

}  // namespace lxcx::core
