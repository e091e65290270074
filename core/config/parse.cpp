// SPDX-License-Identifier: Apache-2.0
#include "core/config/parse.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/keys.hpp"
#include "core/config/reader.hpp"

namespace lxcx::core {

bool ParsedConfig::has_errors() const { return std::ranges::any_of(diagnostics, &Diagnostic::is_error); }

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
  if (parsed.has_errors()) return Failure(config_error(file, parsed.diagnostics));
  for (const Diagnostic& diagnostic : parsed.diagnostics) {
    if (warnings == nullptr) break;
    warnings->push_back(format_warning(diagnostic));
  }
  return std::move(parsed.config);
}

std::vector<std::string> config_values(const ContainerConfig& config, std::string_view key) {
  std::vector<std::string> values;
  for (const Setting& setting : config.settings)
    if (setting.key == key || (key.ends_with('.') && setting.key.starts_with(key))) values.push_back(setting.value);
  return values;
}

std::vector<Setting> config_settings(const ContainerConfig& config, std::string_view key) {
  std::vector<Setting> found;
  for (const Setting& setting : config.settings)
    if (stands_for(key, setting.key)) found.push_back(setting);
  return found;
}

Result<std::string> current_key(std::string_view key) {
  if (key == "lxc.namespace.share.mount") return "lxc.namespace.share.mnt";
  if (const KeySpec* spec = find_key(key)) {
    if (spec->name == "lxc.net." && key != spec->name && !split_nic_key(key))
      return fail(Code::usage, shown(key) + " has no index of a network device", "write lxc.net.0.type, lxc.net.0.link, …");
    return std::string(key);
  }
  using Kind = Translation::Kind;
  const std::optional<Translation> translation = LegacyNames{}.translate(key, false);
  if (translation && translation->kind == Kind::renamed && find_key(translation->key) != nullptr) return translation->key;
  if (translation && translation->kind == Kind::type_missing)
    return fail(Code::usage, shown(key) + " does not say which network device", "write lxc.net.0." + std::string(key.substr(key.rfind('.') + 1)));
  if (translation && translation->kind == Kind::backend)
    return fail(Code::usage, "lxc.rootfs.backend became a part of lxc.rootfs.path in LXC 2.1", "write lxc.rootfs.path TYPE:PATH");
  if (translation && translation->kind == Kind::no_effect) return fail(Code::usage, shown(key) + " has no effect any more");
  const std::string near = suggest_key(key);
  return fail(Code::usage, "unknown key " + shown(key), near.empty() ? "'lxcx config keys' lists them all" : "did you mean " + near + "?");
}

std::vector<KeyInfo> config_keys() {
  std::vector<KeyInfo> keys;
  for (const KeySpec& spec : key_table()) {
    keys.push_back({spec.name, spec.type, spec.default_value, spec.doc, spec.old_name});
    if (spec.name != "lxc.net.") continue;
    for (const NicKeySpec& nic : nic_key_table()) keys.push_back({nic.name, nic.type, nic.default_value, nic.doc, {}});
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
