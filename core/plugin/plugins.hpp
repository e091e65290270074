// SPDX-License-Identifier: Apache-2.0
// Finding plugins (manifests; no code runs) and loading the ones a container needs.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/log.hpp"
#include "core/kernel/kernel.hpp"
#include "core/plugin/manifest.hpp"
#include "lxcx/hook.hpp"
#include "lxcx/network.hpp"
#include "lxcx/security.hpp"
#include "lxcx/storage.hpp"
#include "lxcx/template.hpp"

namespace lxcx::core {

struct RegistryOptions {
  std::vector<std::string> extra_directories;  ///< --plugin-dir, then LXCX_PLUGIN_PATH; first wins
  std::string installed_directory;             ///< PREFIX/lib/lxcx/plugins.d, found relative to the executable; or the build tree's
  bool ignore_system_directories = false;      ///< leaves out /etc, /usr/local and /usr/lib (tests)
};

/// One manifest file as found, and what became of it.
struct RegistryEntry {
  Kind kind = Kind::storage;
  std::string name;
  std::string path;
  /// "active", "masked" (an empty file or a link to /dev/null), "shadowed" (an earlier directory has it), "refused" (why says it; a refused
  /// directory, or a file without a manifest's name, has an empty name).
  std::string state;
  std::string why;    ///< also of an active one that cannot be loaded: another plugin interface, or no library
  Manifest manifest;  ///< meaningful when active or shadowed
};

class Plugins {
 public:
  Plugins(Kernel& kernel, Log& log, const RegistryOptions& options);
  ~Plugins();
  Plugins(const Plugins&) = delete;
  Plugins& operator=(const Plugins&) = delete;

  /// Reads one manifest: the first in search order. Loads nothing.
  /// Errors: not_found when there is none (with the names that exist, and did-you-mean) or when the first one is a mask; plugin when it, or
  /// a directory before it, is refused.
  Result<const Manifest*> find(Kind kind, std::string_view name);
  /// All manifests of all directories in search order; broken ones as "refused". Loads nothing.
  std::vector<RegistryEntry> list();
  /// The directories searched, in order.
  std::vector<std::string> directories() const;
  /// Of these, the ones that --plugin-dir or LXCX_PLUGIN_PATH named.
  std::vector<std::string> asked_for() const;
  /// From now on these come first, as far as they are there: what a running container was started with. What was found before stays.
  void search_first(const std::vector<std::string>& directories);

  // Load on first use and keep for the life of the process; the pointers stay valid. Load all before any namespace work. Errors: as find,
  // and plugin when the library and its manifest disagree or it cannot be loaded.
  Result<Storage*> storage(std::string_view name);
  Result<Network*> network(std::string_view name);
  Result<Template*> templates(std::string_view name);
  Result<Security*> security(std::string_view name);
  Result<Hook*> hook(std::string_view name);

  /// The storage plugin that serves a TYPE: prefix.
  Result<std::string> storage_for_scheme(std::string_view scheme);
  /// For a source without TYPE:, the first that declares "detect" and recognises it. Loads those. `call` answers their settings.
  Result<std::string> storage_for_source(Call& call, std::string_view source);

  /// `plugin check FILE.so`: everything the loader would say of a library, against the manifest beside it if there is one.
  Result<std::string> check_library(const std::string& path);
  /// `plugin disable` writes a mask into `directory` (/etc/lxcx/plugins.d); `enable` removes a mask that disable wrote, nothing else.
  Result<void> disable(Kind kind, std::string_view name, const std::string& directory);
  Result<void> enable(Kind kind, std::string_view name, const std::string& directory);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lxcx::core
