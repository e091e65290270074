// SPDX-License-Identifier: Apache-2.0
// Configuration text -> ContainerConfig. Pure but for reading the files that lxc.include names, through a reader the caller passes.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/container_config.hpp"

namespace lxcx::core {

/// One thing found in a configuration file.
struct Diagnostic {
  enum class Severity {
    warning,
    error
  } severity = Severity::error;
  Location where;
  std::string message;
  std::string hint;                      ///< "did you mean lxc.net.0.link?"
  std::string source_line;               ///< the line itself, for the caret at where.column
  std::vector<Location> included_from;   ///< innermost first
  bool is_error() const { return severity == Severity::error; }
};

/// `file:line:column: error: message`, the line, a caret, the include trail and the hint; several lines, each ended by \n.
std::string format_diagnostic(const Diagnostic& diagnostic);
/// The same for one that is shown by itself, as a warning: without the last \n.
std::string format_warning(const Diagnostic& diagnostic);

/// Code::config: what the errors among them say about a file, at the place of the first, with all of them as details.
Error config_error(const std::string& file, const std::vector<Diagnostic>& diagnostics);

/// What parse needs from the outside world; the default reads the real file system and environment.
struct ConfigSource {
  /// The bytes of a file.
  std::function<Result<std::string>(const std::string& path)> read;
  /// The names ending in .conf in a directory, sorted; or nothing (not_found) when it is not a directory.
  std::function<Result<std::vector<std::string>>(const std::string& path)> list;
  std::function<const char*(const char* name)> environment;
};
ConfigSource real_config_source();

/// The same source, but of the files in `directory` only those that root or the caller owns and not everybody may write: what a container's
/// configuration says is done with the caller's rights. Errors: denied.
ConfigSource own_config_source(const ConfigSource& source, std::string directory);

struct ParsedConfig {
  ContainerConfig config;
  std::vector<Diagnostic> diagnostics;  ///< all of them, in the order found
  bool has_errors() const;
};

/// Never fails as a whole: everything wrong is in the diagnostics, all errors at once. `overrides` are --define KEY=VALUE, applied last.
ParsedConfig parse_config(std::string_view text, const std::string& file, const ConfigSource& source,
                          const std::vector<std::pair<std::string, std::string>>& overrides = {});

/// Reads and parses a file; an unreadable file, or any error in it, is a Code::config (or not_found, denied) Error whose details hold all
/// diagnostics formatted. Warnings are appended to *warnings, formatted, when it is not null.
Result<ContainerConfig> load_config(const std::string& file, const ConfigSource& source, std::vector<std::string>* warnings,
                                    const std::vector<std::pair<std::string, std::string>>& overrides = {});

/// The configuration as text that parses back to the same: parse(print(x)) == x for any bytes a value can hold. Includes are expanded.
/// Errors: config, when a value cannot be written (a newline; CVE-2026-23953).
Result<std::string> print_config(const ContainerConfig& config);

/// One `key = value` line, safely; errors: config for a newline or NUL in either.
Result<std::string> config_line(std::string_view key, std::string_view value);

/// The values that a key has in the configuration, in order: one for most keys, several for lists, none when it is unset. A key that ends in
/// '.' stands for all that begin so.
std::vector<std::string> config_values(const ContainerConfig& config, std::string_view key);

/// The settings that `key` stands for, by its current name: of a key itself, or of all of a group ("lxc.cgroup2"), family ("lxc.cgroup2.") or
/// network device ("lxc.net.0").
std::vector<Setting> config_settings(const ContainerConfig& config, std::string_view key);

/// A key as somebody names it, by its current name. Errors: usage, with did-you-mean.
Result<std::string> current_key(std::string_view key);

/// The text of an fstab(5) file as entries: blank lines and comments skipped, octal escapes such as \040 resolved, `where` in `file`.
/// Errors: config, with the line.
Result<std::vector<MountEntry>> parse_fstab(std::string_view text, const std::string& file);

/// One row of the key table; what `lxcx config keys` and docs/configuration.md show.
struct KeyInfo {
  std::string_view name;  ///< ends in '.' for a family
  std::string_view type, default_value, doc;
  std::string_view old_name;  ///< before 2.1, or empty
};
std::vector<KeyInfo> config_keys();

/// The key, by its current name, that somebody who wrote `key` may have meant; or empty.
std::string suggest_key(std::string_view key);

}  // namespace lxcx::core
