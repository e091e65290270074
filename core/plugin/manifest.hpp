// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "lxcx/result.hpp"

namespace lxcx::core {

enum class Kind {
  storage,
  network,
  template_,
  security,
  hook
};
constexpr std::string_view kind_names[] = {"storage", "network", "template", "security", "hook"};
constexpr std::string_view kind_name(Kind kind) { return kind_names[static_cast<int>(kind)]; }
Result<Kind> parse_kind(std::string_view text);  ///< also "net" for network

/// The file names a manifest of that plugin may have: "storage-dir.json"; "network-veth.json", else "net-veth.json".
std::vector<std::string> manifest_file_names(Kind kind, std::string_view name);
/// Lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit: what can stand in a file name and in a configuration key.
bool is_plugin_name(std::string_view name);

/// One setting that a plugin declares. type: string path integer size boolean.
struct SettingSchema {
  std::string name, type, default_value, doc;
};

/// KIND-NAME.json: all that lxcx knows of a plugin without loading it.
struct Manifest {
  Kind kind = Kind::storage;
  std::string name, version, library, abi, summary, license;
  std::vector<std::string> capabilities;  ///< "snapshot" "clone" "host-namespace" "in-child" …
  std::vector<std::string> schemes;       ///< storage: the TYPE: prefixes it serves; empty: its name
  std::vector<std::string> events;        ///< hook
  std::vector<std::string> needs;         ///< "program:mkfs.ext4" "fs:overlay" "kernel:landlock", shown by plugin list
  std::vector<SettingSchema> settings;
  std::vector<std::string> unknown_fields;  ///< tolerated; the conformance kit names them, for they may be misspelt
  std::string path;          ///< where it was found
  std::string library_path;  ///< absolute; where there are two places, the first: see library_candidates
  bool has(std::string_view capability) const;
  bool declares(std::string_view setting) const;
};

/// Text -> Manifest. Unknown fields are tolerated when "manifest" is our version's number, and refused with a message when it is newer.
/// Errors: plugin, naming the file, the field, what was expected and what was found.
Result<Manifest> parse_manifest(std::string_view json, const std::string& path);

/// Where a manifest's library may be: `library` itself when absolute; else PREFIX/lib/lxcx/plugins beside PREFIX/lib/lxcx/plugins.d, then
/// the manifest's own directory.
std::vector<std::string> library_candidates(const Manifest& manifest);

}  // namespace lxcx::core
