// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lxcx/result.hpp"

namespace lxcx::core {

/// As LXC's levels; notset means "whatever the configuration says, else error".
enum class Level : int {
  trace = 0,
  debug,
  info,
  notice,
  warn,
  error,
  crit,
  alert,
  fatal,
  notset
};

/// "INFO" -> Level::info, in any case, or a number 0-8.
Result<Level> parse_level(std::string_view text);
std::string_view level_name(Level level);

/// What a container's configuration says of its log: lxc.log.file, .level and .syslog.
struct ContainerLog {
  std::string container;
  std::string file;            ///< empty or "none": no file; its directories are made
  std::optional<Level> level;  ///< unset: error
  std::string facility;        ///< empty: not to syslog; "daemon", "local0" to "local7"
  /// Where nobody has named a file or a facility: made with the first line to be kept, as long as `defined_by` exists; unset level: warn. Where it
  /// cannot be made there is no log.
  std::string fallback, defined_by;
};

/// Where lxcx writes what it does. Pass it by reference; there is no global one. Library code logs at debug and below, and warns only about
/// something it survives ("…, ignoring"); failures are returned, and reported once by the host.
/// Thread-safe. Not async-signal-safe: nothing logs between clone and exec (Log::none() stands in there).
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(Level level, std::string_view text) = 0;
  virtual bool wants(Level level) const = 0;
  /// Whether show() would.
  virtual bool shows(Level) const { return false; }
  /// For the user's eyes alone: a line that another process has written to the file.
  virtual void show(Level level, std::string_view text) { write(level, text); }
  /// For the file and syslog alone: the user is told in another way.
  virtual void record(Level level, std::string_view text) { write(level, text); }
  /// From now on also where this container's configuration says; what it said of another before no longer holds. The file and the level of the
  /// command line win. Errors: the file cannot be opened.
  virtual Result<void> follow(const ContainerLog&) { return {}; }

  void trace(std::string_view text) { write(Level::trace, text); }
  void debug(std::string_view text) { write(Level::debug, text); }
  void info(std::string_view text) { write(Level::info, text); }
  void notice(std::string_view text) { write(Level::notice, text); }
  void warn(std::string_view text) { write(Level::warn, text); }
  void error(std::string_view text) { write(Level::error, text); }

  /// Swallows everything.
  static Log& none();
};

struct LogOptions {
  std::string program = "lxcx";
  std::string container;        ///< empty: none
  std::string file;             ///< empty or "none": no file; opened at once, appended to
  std::optional<Level> file_level;  ///< unset: what the container's configuration says, or error
  Level stderr_level = Level::warn;  ///< warnings go to stderr, never into output that a script reads
  bool quiet = false;           ///< nothing on stderr
};

/// File lines: `<program> <container> <YYYYMMDDhhmmss.mmm> <LEVEL> <text>` (UTC); stderr lines: `lxcx: warning: <text>`.
Result<std::unique_ptr<Log>> open_log(const LogOptions& options);

}  // namespace lxcx::core
