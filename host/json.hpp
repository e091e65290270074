// SPDX-License-Identifier: Apache-2.0
// What `--format json` prints; docs/json.md is its documentation. Each returns one line, ended by \n, with "schema": 1 as its first member.
// Members are only ever added within a schema. Bytes that are not UTF-8 become U+FFFD.
#pragma once
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

std::string json_of(const core::ContainerInfo& info, const std::vector<ConfigValue>& config);
std::string json_of(const std::vector<core::ContainerSummary>& containers, bool details, bool addresses, bool memory);
std::string json_of(const std::vector<core::RegistryEntry>& plugins, const std::vector<std::string>& directories);
std::string json_of(const core::RegistryEntry& plugin);
std::string json_of(std::span<const core::KeyInfo> keys);
std::string json_of(std::string_view file, std::span<const core::Diagnostic> diagnostics);
std::string json_of(const core::CreateOutcome& outcome, std::string_view name);
std::string json_of_start(const core::StartOutcome& outcome, std::string_view name, bool with_trace);
std::string json_of_plan(std::span<const core::PlannedStep> steps, std::string_view name);
std::string json_of_text(std::string_view name, std::string_view text);
std::string json_of_version(std::string_view version, std::string_view abi);

}  // namespace lxcx::host
