// SPDX-License-Identifier: Apache-2.0
#include "core/config/parse.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/keys.hpp"
#include "core/config/reader.hpp"

namespace lxcx::core {
namespace {

bool is_error(const Diagnostic& diagnostic) { return diagnostic.severity == Diagnostic::Severity::error; }

Error as_error(const std::string& file, const std::vector<Diagnostic>& diagnostics) {
  const auto errors = std::ranges::count_if(diagnostics, is_error);
  Error error{Code::config, 0, printable(file) + (errors == 1 ? " has an error" : " has " + std::to_string(errors) + " errors"), {}, {},
              std::nullopt, {}};
  error.where = std::ranges::find_if(diagnostics, is_error)->where;
  for (const Diagnostic& diagnostic : diagnostics) error.details += format_diagnostic(diagnostic);
  return error;
}

}  // namespace

bool ParsedConfig::has_errors() const { return std::ranges::any_of(diagnostics, is_error); }

ParsedConfig parse_config(std::string_view text, const std::string& file, const ConfigSource& source,
                          const std::vector<std::pair<std::string, std::string>>& overrides) {
  ConfigReader reader(source);
  reader.read(text, file);
  reader.override_with(overrides);
  ParsedConfig parsed = reader.finish();
  parsed.config.file = file;
  return parsed;
}

Result<ContainerConfig> load_config(const std::string& file, const ConfigSource& source, std::vector<std::string>* warnings,
                                    const std::vector<std::pair<std::string, std::string>>& overrides) {
  LXCX_TRY(text, doing(source.read(file), "read the configuration " + printable(file)));
  ParsedConfig parsed = parse_config(text, file, source, overrides);
  if (parsed.has_errors()) return Failure(as_error(file, parsed.diagnostics));
  for (const Diagnostic& diagnostic : parsed.diagnostics) {
    if (warnings == nullptr) break;
    warnings->push_back(format_diagnostic(diagnostic));
    warnings->back().pop_back();  // the last \n: these are shown one by one
  }
  return std::move(parsed.config);
}

std::vector<std::string> config_values(const ContainerConfig& config, std::string_view key) {
  std::vector<std::string> values;
  for (const Setting& setting : config.settings)
    if (setting.key == key || (key.ends_with('.') && setting.key.starts_with(key))) values.push_back(setting.value);
  return values;
}

std::vector<KeyInfo> config_keys() {
  std::vector<KeyInfo> keys;
  for (const KeySpec& spec : key_table()) {
    keys.push_back({spec.name, spec.type, spec.default_value, spec.doc, spec.old_name, spec.acts});
    if (spec.name != "lxc.net.") continue;
    for (const NicKeySpec& nic : nic_key_table()) keys.push_back({nic.name, nic.type, nic.default_value, nic.doc, {}, true});
  }
  return keys;
}

std::string suggest_key(std::string_view key) {
  if (const std::optional<NicKey> nic = split_nic_key(key)) {
    std::vector<std::string_view> names;
    for (const NicKeySpec& spec : nic_key_table()) names.push_back(spec.sub_key());
    const std::string_view near = nearest(nic->sub_key, names);
    return near.empty() ? std::string() : "lxc.net." + std::to_string(nic->index) + "." + std::string(near);
  }
  std::vector<std::string_view> names, families;
  for (const KeySpec& spec : key_table()) {
    (spec.is_family() ? families : names).push_back(spec.name);
    if (!spec.old_name.empty() && !spec.is_family()) names.push_back(spec.old_name);
  }
  const std::string_view near = nearest(key, names);
  const KeySpec* old = near.empty() || find_key(near) != nullptr ? nullptr : find_old_key(near);
  if (!near.empty()) return std::string(old != nullptr ? old->name : near);
  // lxc.prlimits.nofile: the family is misspelt, what follows is not ours to judge.
  const std::size_t dot = key.find('.', key.find('.') + 1);
  if (dot == key.npos) return {};
  const std::string_view family = nearest(key.substr(0, dot + 1), families);
  return family.empty() ? std::string() : std::string(family) + std::string(key.substr(dot + 1));
}

}  // namespace lxcx::core
