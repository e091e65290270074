// SPDX-License-Identifier: Apache-2.0
#include "host/json.hpp"

#include <cstring>
#include <nlohmann/json.hpp>

#include "host/report.hpp"

namespace lxcx::host {
namespace {

using Json = nlohmann::ordered_json;

Json document() { return Json{{"schema", 1}}; }

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n'; }

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json location(const Location& where) { return {{"file", where.file}, {"line", where.line}, {"column", where.column}}; }

Json trace(std::span<const core::StepTime> steps) {
  Json list = Json::array();
  for (const core::StepTime& step : steps) list.push_back({{"side", step.side}, {"name", step.name}, {"ns", step.took.count()}});
  return list;
}

Json summary(const core::ContainerSummary& container, bool details, bool addresses, bool memory) {
  Json json{{"name", container.name},
            {"state", core::state_name(container.state)},
            {"pid", container.init > 0 ? Json(container.init) : Json(nullptr)},
            {"manager", container.manager.empty() ? Json(nullptr) : Json(container.manager)},
            {"defined", container.defined}};
  if (details) {
    json["autostart"] = container.autostart;
    json["groups"] = container.groups;
    json["unprivileged"] = container.unprivileged;
  }
  if (addresses) {
    json["interfaces"] = container.interfaces;
    json["ipv4"] = container.ipv4;
    json["ipv6"] = container.ipv6;
  }
  if (memory) {
    json["memory_bytes"] = or_null(container.memory_bytes);
    json["swap_bytes"] = or_null(container.swap_bytes);
  }
  return json;
}

Json settings(std::span<const core::SettingSchema> schemas) {
  Json list = Json::array();
  for (const core::SettingSchema& s : schemas) list.push_back({{"name", s.name}, {"type", s.type}, {"default", s.default_value}, {"doc", s.doc}});
  return list;
}

Json plugin(const core::RegistryEntry& entry) {
  const core::Manifest& m = entry.manifest;
  Json json{{"kind", core::kind_name(entry.kind)}, {"name", entry.name}, {"state", entry.state}, {"why", entry.why}, {"manifest", entry.path}};
  if (entry.state != "active" && entry.state != "shadowed") return json;
  json.update({{"version", m.version},
               {"abi", m.abi},
               {"license", m.license},
               {"summary", m.summary},
               {"library", m.library_path},
               {"capabilities", m.capabilities},
               {"schemes", m.schemes},
               {"events", m.events},
               {"needs", m.needs},
               {"settings", settings(m.settings)}});
  return json;
}

}  // namespace

std::string json_of(const core::ContainerInfo& info, const std::vector<ConfigValue>& config) {
  Json json = document();
  json["name"] = info.name;
  json["state"] = core::state_name(info.state);
  json["pid"] = info.init > 0 ? Json(info.init) : Json(nullptr);
  json["manager"] = info.manager.empty() ? Json(nullptr) : Json(info.manager);
  json["monitor_lost"] = info.monitor_lost;
  json["addresses"] = info.addresses;
  json["cpu_ns"] = or_null(info.cpu_ns);
  json["memory_bytes"] = or_null(info.memory_bytes);
  json["kernel_memory_bytes"] = or_null(info.kernel_memory_bytes);
  json["block_io_bytes"] = or_null(info.block_io_bytes);
  json["links"] = Json::array();
  for (const auto& link : info.links)  // the host's side receives what the container sends
    json["links"].push_back({{"name", link.name}, {"tx_bytes", link.rx_bytes}, {"rx_bytes", link.tx_bytes}});
  json["started_at"] = info.started_at ? Json(info.started_at) : Json(nullptr);
  json["last_exit_status"] = info.last_exit_status >= 0 ? Json(info.last_exit_status) : Json(nullptr);
  if (config.empty()) return line_of(json);
  for (const ConfigValue& value : config) json["config"][value.key] = value.values;
  return line_of(json);
}

std::string json_of(const std::vector<core::ContainerSummary>& containers, bool details, bool addresses, bool memory) {
  Json json = document();
  json["containers"] = Json::array();
  for (const auto& container : containers) json["containers"].push_back(summary(container, details, addresses, memory));
  return line_of(json);
}

std::string json_of(const std::vector<core::RegistryEntry>& plugins, const std::vector<std::string>& directories) {
  Json json = document();
  json["directories"] = directories;
  json["plugins"] = Json::array();
  for (const core::RegistryEntry& entry : plugins) json["plugins"].push_back(plugin(entry));
  return line_of(json);
}

std::string json_of(const core::RegistryEntry& entry) {
  Json json = document();
  json["plugin"] = plugin(entry);
  return line_of(json);
}

std::string json_of(std::span<const core::KeyInfo> keys) {
  Json json = document();
  json["keys"] = Json::array();
  for (const core::KeyInfo& key : keys)
    json["keys"].push_back({{"name", key.name},
                            {"type", key.type},
                            {"default", key.default_value},
                            {"doc", key.doc},
                            {"old_name", key.old_name.empty() ? Json(nullptr) : Json(key.old_name)},
                            {"acts", key.acts}});
  return line_of(json);
}

std::string json_of(std::string_view file, std::span<const core::Diagnostic> diagnostics) {
  Json json = document();
  json["file"] = file;
  json["errors"] = 0;
  json["warnings"] = 0;
  json["diagnostics"] = Json::array();
  for (const core::Diagnostic& d : diagnostics) {
    const bool is_error = d.severity == core::Diagnostic::Severity::error;
    Json& count = json[is_error ? "errors" : "warnings"];
    count = count.get<int>() + 1;
    Json trail = Json::array();
    for (const Location& where : d.included_from) trail.push_back(location(where));
    json["diagnostics"].push_back({{"severity", is_error ? "error" : "warning"},
                                   {"where", location(d.where)},
                                   {"message", d.message},
                                   {"hint", d.hint},
                                   {"source_line", d.source_line},
                                   {"included_from", trail}});
  }
  return line_of(json);
}

std::string json_of(const core::CreateOutcome& outcome, std::string_view name) {
  Json json = document();
  json["name"] = name;
  json["messages"] = outcome.messages;
  json["warnings"] = outcome.warnings;
  return line_of(json);
}

std::string json_of_start(const core::StartOutcome& outcome, std::string_view name, bool with_trace) {
  Json json = document();
  json["name"] = name;
  json["pid"] = outcome.init > 0 ? Json(outcome.init) : Json(nullptr);
  json["warnings"] = outcome.warnings;
  if (with_trace) json["trace"] = trace(outcome.trace);
  return line_of(json);
}

std::string json_of_plan(std::span<const core::PlannedStep> steps, std::string_view name) {
  Json json = document();
  json["name"] = name;
  json["plan"] = Json::array();
  for (const core::PlannedStep& step : steps) json["plan"].push_back({{"side", step.side}, {"name", step.name}, {"details", step.details}});
  return line_of(json);
}

std::string json_of_text(std::string_view name, std::string_view text) {
  Json json = document();
  json["name"] = name;
  json["text"] = text;
  return line_of(json);
}

std::string json_of_version(std::string_view version, std::string_view abi) {
  Json json = document();
  json["version"] = version;
  json["plugin_abi"] = abi;
  return line_of(json);
}

std::string error_json(const Error& error) {
  const char* description = error.sys_errno ? ::strerrordesc_np(error.sys_errno) : nullptr;
  const char* symbol = error.sys_errno ? ::strerrorname_np(error.sys_errno) : nullptr;
  Json inner{{"code", static_cast<int>(error.code)},
             {"name", code_name(error.code)},
             {"message", error.message},
             {"context", std::vector<std::string>(error.context.rbegin(), error.context.rend())}};
  inner["errno"] = nullptr;
  if (error.sys_errno) inner["errno"] = {{"number", error.sys_errno}, {"name", symbol ? symbol : ""}, {"text", description ? description : ""}};
  inner["where"] = error.where ? location(*error.where) : Json(nullptr);
  inner["hint"] = error.hint;
  inner["details"] = error.details;
  Json json = document();
  json["error"] = std::move(inner);
  return line_of(json);
}

}  // namespace lxcx::host
