// SPDX-License-Identifier: Apache-2.0
#include "host/json.hpp"

#include <sys/wait.h>

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
  if (!container.inside.empty()) json["inside"] = container.inside;
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

Json error_object(const Error& error) {
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
  return inner;
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
    json["links"].push_back({{"name", link.name}, {"tx_bytes", or_null(link.rx_bytes)}, {"rx_bytes", or_null(link.tx_bytes)}});
  json["started_at"] = info.started_at ? Json(info.started_at) : Json(nullptr);
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
                            {"old_name", key.old_name.empty() ? Json(nullptr) : Json(key.old_name)}});
  return line_of(json);
}

std::string json_of(std::string_view file, const core::Conversion& conversion) {
  Json json = document();
  json["file"] = file;
  json["backup"] = conversion.backup.empty() ? Json(nullptr) : Json(conversion.backup);
  json["changes"] = Json::array();
  for (const core::Conversion::Change& change : conversion.changes)
    json["changes"].push_back({{"line", change.line}, {"before", change.before}, {"after", or_null(change.after)}});
  return line_of(json);
}

std::string json_of_settings(std::string_view name, std::string_view key, std::span<const core::Setting> settings) {
  Json json = document();
  json["name"] = name.empty() ? Json(nullptr) : Json(name);
  json["key"] = key;
  json["settings"] = Json::array();
  for (const core::Setting& setting : settings)
    json["settings"].push_back({{"key", setting.key}, {"value", setting.value}, {"where", location(setting.where)}});
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

std::string json_of_trace(std::span<const core::StepTime> steps, std::string_view name) {
  Json json = document();
  json["name"] = name;
  json["trace"] = trace(steps);
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

std::string json_of(const core::StateEvent& event) {
  Json json = document();
  json["time"] = static_cast<double>(event.time_us) / 1e6;
  json["lxcpath"] = event.lxcpath;
  json["name"] = event.name;
  json["event"] = event.exit_status ? "exit" : "state";
  json["state"] = event.exit_status ? Json(nullptr) : Json(core::state_name(event.state));
  const bool exited = event.exit_status && WIFEXITED(*event.exit_status);
  json["status"] = exited ? Json(WEXITSTATUS(*event.exit_status)) : Json(nullptr);
  json["signal"] = event.exit_status && !exited ? Json(WTERMSIG(*event.exit_status)) : Json(nullptr);
  return line_of(json);
}

std::string json_of_autostart(std::string_view action, std::span<const AutostartResult> results) {
  Json json = document();
  json["action"] = action;
  json["containers"] = Json::array();
  for (const AutostartResult& result : results)
    json["containers"].push_back({{"name", result.name}, {"error", result.error ? error_object(*result.error) : Json(nullptr)}});
  return line_of(json);
}

std::string json_of_autostart_plan(std::string_view action, std::span<const core::AutostartItem> plan) {
  Json json = document();
  json["action"] = action;
  json["plan"] = Json::array();
  for (const core::AutostartItem& item : plan) {
    Json waits = Json::array(), needs = Json::array();
    for (const std::size_t other : item.waits_for) waits.push_back(plan[other].name);
    for (const std::size_t other : item.needs) needs.push_back(plan[other].name);
    json["plan"].push_back({{"name", item.name},
                            {"rank", item.rank},
                            {"order", item.order},
                            {"delay", item.delay_s},
                            {"groups", item.groups},
                            {"waits_for", std::move(waits)},
                            {"needs", std::move(needs)},
                            {"error", item.refusal ? error_object(*item.refusal) : Json(nullptr)}});
  }
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

std::string json_of_cgroup(std::string_view name, std::string_view file, std::string_view value) {
  Json json = document();
  json["name"] = name;
  json["file"] = file;
  json["value"] = value;
  return line_of(json);
}

std::string_view feature_state_name(core::KernelFeature::State state) {
  switch (state) {
    case core::KernelFeature::State::enabled: return "enabled";
    case core::KernelFeature::State::missing: return "missing";
    case core::KernelFeature::State::required: return "required";
  }
  return {};
}

std::string json_of(const core::KernelCheck& check) {
  Json json = document();
  json["file"] = check.file;
  json["features"] = Json::array();
  for (const core::KernelFeature& feature : check.features)
    json["features"].push_back({{"section", feature.section},
                                {"name", feature.name},
                                {"option", feature.option.empty() ? Json(nullptr) : Json(feature.option)},
                                {"state", feature_state_name(feature.state)},
                                {"loaded", or_null(feature.loaded)}});
  json["warnings"] = check.warnings;
  json["cgroup_v1_mounts"] = check.cgroup_v1_mounts;
  json["cgroup_v2_mounts"] = check.cgroup_v2_mounts;
  return line_of(json);
}

std::string json_of(const core::Diagnosis& diagnosis) {
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  Json json = document();
  json["fit"] = diagnosis.is_fit();
  json["checks"] = Json::array();
  for (const core::HealthCheck& check : diagnosis.checks)
    json["checks"].push_back({{"area", check.area},
                              {"name", check.name},
                              {"state", core::health_name(check.health)},
                              {"essential", check.is_essential},
                              {"detail", text_or_null(check.detail)},
                              {"needed_for", text_or_null(check.needed_for)},
                              {"mend", text_or_null(check.mend)}});
  return line_of(json);
}

std::string json_of(const std::vector<core::ContainerUsage>& all, std::int64_t time_ms) {
  Json json = document();
  json["time_ms"] = time_ms;
  json["containers"] = Json::array();
  for (const auto& [name, usage] : all)
    json["containers"].push_back({{"name", name},
                                  {"cpu_ns", or_null(usage.cpu_ns)},
                                  {"cpu_user_ns", or_null(usage.cpu_user_ns)},
                                  {"cpu_system_ns", or_null(usage.cpu_system_ns)},
                                  {"block_io_bytes", or_null(usage.block_bytes)},
                                  {"block_read_bytes", or_null(usage.block_read_bytes)},
                                  {"block_write_bytes", or_null(usage.block_write_bytes)},
                                  {"block_operations", or_null(usage.block_operations)},
                                  {"memory_bytes", or_null(usage.memory_bytes)},
                                  {"memory_and_swap_bytes", or_null(usage.memory_and_swap_bytes)},
                                  {"kernel_memory_bytes", or_null(usage.kernel_memory_bytes)}});
  return line_of(json);
}

std::string json_of_system(std::string_view file, const std::vector<std::pair<std::string, std::optional<std::string>>>& items) {
  Json json = document();
  json["file"] = file;
  json["items"] = Json::object();
  for (const auto& [key, value] : items) json["items"][key] = or_null(value);
  return line_of(json);
}

std::string json_of_version(std::string_view version, std::string_view abi) {
  Json json = document();
  json["version"] = version;
  json["plugin_abi"] = abi;
  return line_of(json);
}

std::string error_json(const Error& error) {
  Json json = document();
  json["error"] = error_object(error);
  return line_of(json);
}

}  // namespace lxcx::host
