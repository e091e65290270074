// SPDX-License-Identifier: Apache-2.0
// What `--format json` prints; docs/json.md is its documentation. Each returns one line, ended by \n, with "schema": 1 as its first member.
// Members are only ever added within a schema. Bytes that are not UTF-8 become U+FFFD.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/runtime.hpp"

namespace lxcx::host {

struct ConfigValue {
  std::string key;
  std::vector<std::string> values;
};

/// What became of one container; no error: it was done.
struct AutostartResult {
  std::string name;
  std::optional<Error> error;
};

std::string json_of(const core::ContainerInfo& info, const std::vector<ConfigValue>& config);
std::string json_of(const std::vector<core::ContainerSummary>& containers, bool details, bool addresses, bool memory);
std::string json_of(const std::vector<core::RegistryEntry>& plugins, const std::vector<std::string>& directories);
std::string json_of(const core::RegistryEntry& plugin);
std::string json_of(std::span<const core::KeyInfo> keys);
std::string json_of(std::string_view file, std::span<const core::Diagnostic> diagnostics);
std::string json_of(std::string_view file, const core::Conversion& conversion);
/// `name` is empty for a file that is no container's.
std::string json_of_settings(std::string_view name, std::string_view key, std::span<const core::Setting> settings);
std::string json_of(const core::CreateOutcome& outcome, std::string_view name);
std::string json_of_trace(std::span<const core::StepTime> steps, std::string_view name);
std::string json_of_start(const core::StartOutcome& outcome, std::string_view name, bool with_trace);
/// A line of its own for each: a reader has each event as soon as it happens.
std::string json_of(const core::StateEvent& event);
std::string json_of_autostart(std::string_view action, std::span<const AutostartResult> results);
std::string json_of_autostart_plan(std::string_view action, std::span<const core::AutostartItem> plan);
std::string json_of_plan(std::span<const core::PlannedStep> steps, std::string_view name);
std::string json_of_text(std::string_view name, std::string_view text);
std::string json_of_cgroup(std::string_view name, std::string_view file, std::string_view value);
std::string_view feature_state_name(core::KernelFeature::State state);
std::string json_of(const core::KernelCheck& check);
std::string json_of(const core::Diagnosis& diagnosis);
std::string json_of(const std::vector<core::ContainerUsage>& all, std::int64_t time_ms);
/// Items of lxc.conf; nothing for one that is not set.
std::string json_of_system(std::string_view file, const std::vector<std::pair<std::string, std::optional<std::string>>>& items);
std::string json_of_version(std::string_view version, std::string_view abi);

}  // namespace lxcx::host
