// SPDX-License-Identifier: Apache-2.0
#include "core/start/error_place.hpp"

#include "core/config/parse.hpp"

namespace lxcx::core {
namespace {

/// Of a key's lines, the one whose value the text quotes; else the last.
Location place_among(const std::vector<Setting>& lines, std::string_view text) {
  for (const Setting& line : lines)
    if (!line.value.empty() && text.find("'" + line.value + "'") != text.npos) return line.where;
  return lines.back().where;
}

/// A line of the first key that the text names and the configuration has.
std::optional<Location> place_of_named_key(const ContainerConfig& config, std::string_view text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  for (std::size_t at = text.find("lxc."); at != text.npos; at = text.find("lxc.", at + 1)) {
    std::string_view key = text.substr(at, text.find_first_not_of(letters, at) - at);
    while (key.ends_with('.')) key.remove_suffix(1);
    // "lxc.net.0" alone is a device, whose lines are many.
    if (!current_key(key) || key.find_first_of("0123456789", key.rfind('.')) != key.npos) continue;
    if (const std::vector<Setting> lines = config_settings(config, key); !lines.empty()) return place_among(lines, text);
  }
  return std::nullopt;
}

/// A path alone: a host name is quoted too, as the container's.
bool quotes(std::string_view text, std::string_view path) {
  return path.size() > 1 && path.starts_with('/') && text.find("'" + std::string(path) + "'") != text.npos;
}

std::optional<Location> place_of_quoted_value(const ContainerConfig& config, std::string_view text) {
  for (const KeyInfo& key : config_keys())
    for (const Setting& line : config_settings(config, key.name)) {
      const std::string_view value = line.value;
      if (quotes(text, value) || quotes(text, value.substr(0, value.find(' ')))) return line.where;
    }
  return std::nullopt;
}

}  // namespace

void add_place(const ContainerConfig& config, Error& error) {
  if (const std::optional<Location> place = place_of_named_key(config, error.message)) error.where = place;
  for (const std::string& step : error.context)
    if (!error.where) error.where = place_of_named_key(config, step);
  if (!error.where) error.where = place_of_quoted_value(config, error.message);
}

}  // namespace lxcx::core
