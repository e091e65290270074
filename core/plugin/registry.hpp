// SPDX-License-Identifier: Apache-2.0
// The registry directories, in search order; manifests as files. Nothing here loads code.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/plugin/plugins.hpp"
#include "core/plugin/trust.hpp"

namespace lxcx::core {

/// What `lxcx plugin disable` writes: a mask that says who put it there, so that `enable` can tell its own from an administrator's.
constexpr std::string_view written_mask = "{ \"masked\": \"by lxcx plugin disable\" }\n";

class Registry {
 public:
  Registry(Kernel& kernel, const RegistryOptions& options);

  /// Opens one file name in each directory until there is one. Errors: not_found, plugin.
  Result<Manifest> find(Kind kind, std::string_view name) const;
  std::vector<RegistryEntry> list() const;
  const std::vector<std::string>& directories() const { return directories_; }
  /// Those that were asked for, in order.
  std::vector<std::string> asked_for() const;
  /// Searched before all others, as far as they are there.
  void search_first(const std::vector<std::string>& directories);
  const Trust& trust() const { return trust_; }

 private:
  /// A file with a manifest's name in one directory.
  struct Candidate {
    std::string mask;  ///< not empty: it masks, and why
    Manifest manifest;
  };
  Result<std::optional<UniqueFd>> open(const std::string& directory) const;  ///< empty: there is no such directory
  Result<std::optional<Candidate>> read(int directory, const std::string& file_name, const std::string& path, Kind kind, std::string_view name) const;
  void list_directory(const std::string& directory, std::set<std::pair<Kind, std::string>>& taken, std::vector<RegistryEntry>& entries) const;
  RegistryEntry entry_of(int directory, const std::string& file_name, const std::string& path, Kind kind, const std::string& name) const;
  Failure not_found(Kind kind, std::string_view name) const;

  Kernel& kernel_;
  Trust trust_;
  std::vector<std::string> directories_;
  std::set<std::string> required_;  ///< asked for by the user: missing is an error
};

}  // namespace lxcx::core
