// SPDX-License-Identifier: Apache-2.0
#include "core/config/legacy.hpp"

#include <algorithm>
#include <limits>

#include "core/config/keys.hpp"

namespace lxcx::core {
namespace {

bool begins_with_digit(std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

/// lxc.network.ipv4 was the address, and lxc.network.ipv4.gateway the gateway.
std::string modern_sub_key(std::string_view sub_key) { return std::string(sub_key) + (sub_key == "ipv4" || sub_key == "ipv6" ? ".address" : ""); }

}  // namespace

std::optional<Translation> LegacyNames::translate(std::string_view key, bool has_value) {
  using Kind = Translation::Kind;
  if (key == "lxc.rootfs.backend") return Translation{Kind::backend, {}};
  if (key == "lxc.kmsg" || key == "lxc.pivotdir") return Translation{Kind::no_effect, {}};
  const KeySpec* spec = find_old_key(key);
  if (spec == nullptr) return std::nullopt;
  if (!spec->is_family()) return Translation{Kind::renamed, std::string(spec->name)};
  const std::string_view rest = key.substr(spec->old_name.size());
  if (spec->name == "lxc.net.") return translate_network(rest, has_value);
  return Translation{Kind::renamed, std::string(spec->name) + std::string(rest)};
}

Translation LegacyNames::translate_network(std::string_view sub_key, bool has_value) {
  using Kind = Translation::Kind;
  if (begins_with_digit(sub_key)) {
    const std::size_t dot = std::min(sub_key.find('.'), sub_key.size());
    const std::string_view rest = sub_key.substr(std::min(dot + 1, sub_key.size()));
    return {Kind::renamed, "lxc.net." + std::string(sub_key.substr(0, dot)) + (rest.empty() ? "" : "." + modern_sub_key(rest))};
  }
  if (sub_key == "type" && has_value) device_ = next_device_;
  if (!device_) return {Kind::type_missing, {}};
  return {Kind::renamed, network_key(*device_, sub_key)};
}

void LegacyNames::saw_device(unsigned index) {
  if (index < std::numeric_limits<int>::max()) next_device_ = std::max(next_device_, index + 1);
}

std::string network_key(unsigned device, std::string_view sub_key) { return "lxc.net." + std::to_string(device) + "." + modern_sub_key(sub_key); }

std::string with_backend(const std::string& path, const std::string& backend) {
  const bool has_type = !path.starts_with('/') && path.find(':') != path.npos;
  return has_type ? path : backend + ":" + path;
}

}  // namespace lxcx::core
