// SPDX-License-Identifier: Apache-2.0
#include "core/config/validate.hpp"

#include <algorithm>

namespace lxcx::core {
namespace {

const Setting* first(const ContainerConfig& config, std::string_view key) {
  const auto found = std::ranges::find(config.settings, key, &Setting::key);
  return found == config.settings.end() ? nullptr : &*found;
}

/// The one of two settings that came later; null unless both are there.
const Setting* later_of(const ContainerConfig& config, std::string_view a, std::string_view b) {
  const Setting* first_a = first(config, a);
  const Setting* first_b = first(config, b);
  return first_a == nullptr || first_b == nullptr ? nullptr : std::max(first_a, first_b);
}

void check_exclusive(const ContainerConfig& config, std::string_view a, std::string_view b, const std::string& hint,
                     std::vector<Conflict>& conflicts) {
  const Setting* later = later_of(config, a, b);
  if (later != nullptr) conflicts.push_back({later, "lxcx takes either " + std::string(a) + " or " + std::string(b) + ", not both", hint});
}

void check_cgroup_directories(const ContainerConfig& config, std::vector<Conflict>& conflicts) {
  const Setting* dir = first(config, "lxc.cgroup.dir");
  const Setting* container = first(config, "lxc.cgroup.dir.container");
  const Setting* monitor = first(config, "lxc.cgroup.dir.monitor");
  const Setting* exact = container != nullptr ? container : monitor;
  if (exact == nullptr) return;
  if (dir != nullptr) conflicts.push_back({dir, "lxc.cgroup.dir has no meaning beside " + exact->key, "leave one of the two out"});
  if (container == nullptr) conflicts.push_back({monitor, "lxc.cgroup.dir.monitor needs lxc.cgroup.dir.container", "set both"});
}

bool overlap(std::uint64_t a, std::uint64_t b, std::uint64_t range_a, std::uint64_t range_b) { return a < b + range_b && b < a + range_a; }

std::string describe(const lxcx_idmap& map) {
  return "'" + std::string(1, static_cast<char>(map.kind)) + " " + std::to_string(map.container_id) + " " + std::to_string(map.host_id) + " " +
         std::to_string(map.range) + "'";
}

// user_namespaces(7): at most 340 lines in a map, and no id twice, neither inside nor outside. As many of config.idmap as of settings.
void check_id_maps(const ContainerConfig& config, std::vector<Conflict>& conflicts) {
  constexpr std::size_t most_maps = 2 * 340;
  std::vector<const Setting*> settings;
  for (const Setting& setting : config.settings)
    if (setting.key == "lxc.idmap") settings.push_back(&setting);
  if (settings.size() != config.idmap.size()) return;  // some were refused, and reported
  if (settings.size() > most_maps) return conflicts.push_back({settings[most_maps], "more id maps than the kernel takes (340 of each kind)", {}});
  for (std::size_t i = 1; i < config.idmap.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const lxcx_idmap &a = config.idmap[i], &b = config.idmap[j];
      const bool inside = overlap(a.container_id, b.container_id, a.range, b.range);
      if (a.kind != b.kind || (!inside && !overlap(a.host_id, b.host_id, a.range, b.range))) continue;
      conflicts.push_back({settings[i], "this map and " + describe(b) + " have ids in common " + (inside ? "inside" : "on the host"),
                           "each id can be mapped once; line " + std::to_string(settings[j]->where.line) + " has the other one"});
      break;
    }
  }
}

}  // namespace

std::vector<Conflict> find_conflicts(const ContainerConfig& config) {
  std::vector<Conflict> conflicts;
  check_exclusive(config, "lxc.cap.drop", "lxc.cap.keep", "an empty line of either key clears what came before", conflicts);
  check_exclusive(config, "lxc.namespace.clone", "lxc.namespace.keep", "an empty line of a key clears what came before", conflicts);
  check_cgroup_directories(config, conflicts);
  check_id_maps(config, conflicts);
  return conflicts;
}

}  // namespace lxcx::core
