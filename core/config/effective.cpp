// SPDX-License-Identifier: Apache-2.0
#include "core/config/effective.hpp"

#include <unordered_set>

namespace lxcx::core {
namespace {

std::optional<NicKey> nic_key(const KeySpec& spec, std::string_view key) { return spec.name == "lxc.net." ? split_nic_key(key) : std::nullopt; }

bool is_list(const KeySpec& spec, const std::optional<NicKey>& nic) {
  if (!nic) return spec.form == Form::list;
  const NicKeySpec* sub = find_nic_key(nic->sub_key);
  return sub == nullptr || sub->form == Form::list;
}

/// Walks from the last assignment to the first, so that one look decides: has a later one closed this key? Keeps views of the keys.
class Backwards {
 public:
  bool counts(const Recorded& recorded) {
    const KeySpec& spec = *recorded.spec;
    const std::string_view key = recorded.setting.key;
    const std::optional<NicKey> nic = nic_key(spec, key);
    const bool is_empty = recorded.setting.value.empty();
    const bool is_closed =
        closed_.contains(key) || (!spec.group.empty() && closed_.contains(spec.group)) || (nic && closed_devices_.contains(nic->index));
    if (is_empty && spec.empty == Empty::clears_group) {
      closed_.insert(spec.group);
    } else if (is_empty || !is_list(spec, nic)) {
      closed_.insert(key);
    }
    // A device's type, set or cleared, resets the device.
    if (nic && (nic->sub_key.empty() || nic->sub_key == "type")) closed_devices_.insert(nic->index);
    return !is_closed && !is_empty;
  }

 private:
  std::unordered_set<std::string_view> closed_;
  std::unordered_set<unsigned> closed_devices_;
};

}  // namespace

bool is_list(const KeySpec& spec, std::string_view key) { return is_list(spec, nic_key(spec, key)); }

std::vector<Recorded> effective(std::vector<Recorded> all) {
  Backwards backwards;
  std::vector<bool> counts(all.size());
  for (std::size_t i = all.size(); i-- > 0;) counts[i] = backwards.counts(all[i]);
  std::vector<Recorded> kept;
  kept.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    if (counts[i]) kept.push_back(std::move(all[i]));
  return kept;
}

}  // namespace lxcx::core
