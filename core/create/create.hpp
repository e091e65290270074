// SPDX-License-Identifier: Apache-2.0
// Making a container: a directory, a configuration, a volume, and a template to fill it.
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "core/create/new_container.hpp"
#include "core/start/start.hpp"

namespace lxcx::core {

struct CreateRequest {
  std::string name;
  std::string template_;                  ///< "none": no template
  std::vector<std::string> template_args;
  std::string config_file;                ///< empty: the default configuration; "none" or unreadable default: empty configuration
  std::vector<std::string> storage;       ///< names in order of preference; empty: dir. "best" is one
  Overrides storage_settings;             ///< "dir", "size", "fstype", "vgname", …
  std::uint64_t size_bytes = 0;           ///< 0: the backend's default
  bool quiet = false;                     ///< silences the template
  Progress progress;
  const std::atomic<bool>* cancelled = nullptr;  ///< once true: what was made is taken back, and the error is `cancelled`
};
struct CreateOutcome {
  std::vector<std::string> messages;  ///< what the template wants shown
  Warnings warnings;
};

/// Validates everything before it touches anything; removes exactly what it made when it fails. Errors: busy if the name is taken.
/// Single-threaded callers only: the template runs in a forked process with a mount namespace of its own.
Result<CreateOutcome> create_container(Host& host, const ContainerPaths& paths, const std::string& default_config, const CreateRequest& request);

/// What a template's own --help shows.
Result<std::string> template_help(Host& host, const std::string& template_name);

}  // namespace lxcx::core
