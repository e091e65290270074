// SPDX-License-Identifier: Apache-2.0
// The key table: everything that lxcx knows about a key of the configuration, in one place.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/container_config.hpp"
#include "core/config/values.hpp"

namespace lxcx::core {

/// One `key = value` on its way into the configuration; the value is not empty.
struct Assignment {
  std::string_view key;   ///< whole, by its current name
  std::string_view name;  ///< of a family: what follows its prefix
  std::string_view value;
  const Location& where;  ///< of the value
  Setting setting() const { return {std::string(key), std::string(value), where}; }
  Setting setting_by_name() const { return {std::string(name), std::string(value), where}; }
};

/// A configuration being filled, and what is wrong with the values that came in.
struct Draft {
  ContainerConfig config;
  std::vector<Complaint> errors, warnings;

  void reject(Complaint complaint) { errors.push_back(std::move(complaint)); }
  void reject(std::string_view part, std::string message, std::string hint = {}) { errors.push_back({std::move(message), std::move(hint), part}); }
  void warn(std::string_view part, std::string message, std::string hint = {}) { warnings.push_back({std::move(message), std::move(hint), part}); }
  /// The value, or nothing and one more error.
  template <class T>
  std::optional<T> take(Checked<T> checked) {
    if (checked) return std::move(*checked);
    reject(std::move(checked).error());
    return std::nullopt;
  }
};

using Apply = void (*)(Draft&, const Assignment&);

enum class Form {
  scalar,        ///< the last one wins; a family's: for each name
  list,          ///< each one adds
  include,       ///< lxc.include: acts while reading
  clears_group,  ///< takes no value; empty, it clears all keys of its group
};

/// What `key =` does.
enum class Empty {
  unsets,        ///< back to the default, or an empty list
  zeroes,        ///< becomes 0, though 0 is not the default
  clears_group,  ///< clears all keys of the group
  refused,
};

struct KeySpec {
  std::string_view name;      ///< ends in '.' for a family
  std::string_view old_name;  ///< before 2.1; empty: the same
  Form form;
  Empty empty;
  std::string_view group;  ///< the prefix that clears together; empty: itself only
  Apply apply;             ///< null for include and clears_group
  std::string_view type, default_value, doc;
  constexpr bool is_family() const { return name.ends_with('.'); }
};

/// A sub-key of lxc.net.N that lxcx knows and checks; any other one is the plugin's.
struct NicKeySpec {
  std::string_view name;  ///< "lxc.net.N.link"
  Form form;
  std::string_view only_for;  ///< the type that has this key; empty: any
  void (*check)(Draft&, std::string_view value);
  std::string_view type, default_value, doc;
  constexpr std::string_view sub_key() const { return name.substr(std::string_view("lxc.net.N.").size()); }
};

std::span<const KeySpec> key_table();
std::span<const NicKeySpec> nic_key_table();

/// The row of a key by its current name: exact, else the family; null for an unknown key.
const KeySpec* find_key(std::string_view key);
/// The row whose name before 2.1 this was; null when there is none.
const KeySpec* find_old_key(std::string_view key);
const NicKeySpec* find_nic_key(std::string_view sub_key);

/// lxc.net.N or lxc.net.N.SUB taken apart; nothing when N is no index.
struct NicKey {
  unsigned index;
  std::string_view sub_key;  ///< empty for the bare lxc.net.N
};
std::optional<NicKey> split_nic_key(std::string_view key);

/// Whether a setting of `key` is one of those that `asked` stands for: itself, or all of a family ("lxc.cgroup2.") or group ("lxc.cgroup2"), or
/// a network device ("lxc.net.0"). Both are current names.
bool stands_for(std::string_view asked, std::string_view key);

}  // namespace lxcx::core
