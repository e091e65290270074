// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/settings_check.hpp"

#include <algorithm>

#include "core/base/text.hpp"

namespace lxcx::core {

namespace {

bool is_named(const SettingSchema& schema, std::string_view key) {
  if (!schema.name.ends_with(".*")) return schema.name == key;
  return key.starts_with(std::string_view(schema.name).substr(0, schema.name.size() - 1));
}

bool is_size(std::string_view value) {
  while (!value.empty() && !(value.back() >= '0' && value.back() <= '9')) {
    if (std::string_view("kKmMgGtTpPbBiI ").find(value.back()) == std::string_view::npos) return false;
    value.remove_suffix(1);
  }
  const Result<std::int64_t> number = parse_integer(value);
  return number && *number >= 0;
}

bool has_type(const std::string& type, std::string_view value) {
  if (type == "integer") return parse_integer(value).has_value();
  if (type == "size") return is_size(value);
  if (type == "boolean") return value == "0" || value == "1" || value == "true" || value == "false" || value == "yes" || value == "no";
  return true;
}

}  // namespace

Result<void> check_settings(const Manifest& manifest, const std::vector<Setting>& settings) {
  const std::string plugin = "the " + std::string(kind_name(manifest.kind)) + " plugin '" + manifest.name + "'";
  for (const Setting& setting : settings) {
    Error error;
    error.code = Code::config;
    error.where = setting.where;
    const auto schema = std::ranges::find_if(manifest.settings, [&](const SettingSchema& each) { return is_named(each, setting.key); });
    if (schema == manifest.settings.end()) {
      std::vector<std::string_view> names;
      for (const SettingSchema& each : manifest.settings) names.push_back(each.name);
      const std::string_view near = nearest(setting.key, names);
      error.message = plugin + " has no setting '" + setting.key + "'";
      error.hint = near.empty() ? "`lxcx plugin info " + manifest.name + "` lists its settings" : "did you mean '" + std::string(near) + "'?";
      return std::unexpected(std::move(error));
    }
    if (has_type(schema->type, setting.value)) continue;
    error.message = plugin + ": setting '" + setting.key + "': expected " + (schema->type == "integer" ? "an " : "a ") + schema->type + ", found '" +
                    setting.value + "'";
    error.hint = schema->doc;
    return std::unexpected(std::move(error));
  }
  return {};
}

}  // namespace lxcx::core
