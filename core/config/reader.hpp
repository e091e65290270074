// SPDX-License-Identifier: Apache-2.0
// Reads configuration text with its includes, line by line, and collects assignments and diagnostics; `finish` makes the configuration of them.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/effective.hpp"
#include "core/config/legacy.hpp"
#include "core/config/parse.hpp"
#include "core/config/scan.hpp"

namespace lxcx::core {

/// A line of the file itself, not of what it includes, that sets a key lxcx knows; its value may be wrong.
struct OwnLine {
  enum class Form {
    current,    ///< `key` as it is written
    renamed,    ///< written by its name before 2.1; `key` is today's
    backend,    ///< lxc.rootfs.backend: its value is a part of lxc.rootfs.path now
    no_effect,  ///< has no meaning any more
  } form = Form::current;
  unsigned number = 0;  ///< from 1
  std::string key;
  std::string value;
};

class ConfigReader {
 public:
  explicit ConfigReader(const ConfigSource& source) : source_(source) {}

  /// For whoever edits the file; a start has no use for them.
  void note_own_lines(std::vector<OwnLine>& lines) { own_lines_ = &lines; }

  void read(std::string_view text, const std::string& file);
  void override_with(const std::vector<std::pair<std::string, std::string>>& overrides);
  ParsedConfig finish();

 private:
  /// A file being read, and the line in it that is being looked at.
  struct Frame {
    std::string file;
    ScannedLine line;
    unsigned include_column = 1;
  };

  void read_line();
  void assign(std::string key, std::string_view value);
  void assign_old(const std::string& key, std::string_view value);
  void assign_known(const KeySpec& spec, std::string key, std::string value);
  void note(OwnLine::Form form, std::string_view key);
  bool check_value(const Recorded& recorded, std::string_view value);
  bool track_nics(const Recorded& recorded);
  bool resolve_environment(const KeySpec& spec, std::string_view view, std::string& value);
  void report_unknown(const std::string& key);
  void look_at_foreign_line();

  void include(std::string_view value);
  void include_file(const std::string& path, std::string_view value);
  bool include_directory(const std::string& path, std::string_view value);
  void report_include(std::string_view value, const std::string& path, const Error& cause);

  void combine_backend(std::vector<Recorded>& settings);
  void report(Diagnostic::Severity severity, std::string_view part, const std::string& message, const std::string& hint = {});
  void error(std::string_view part, const std::string& message, const std::string& hint = {});
  void warn(std::string_view part, const std::string& message, const std::string& hint = {});
  void add(Diagnostic diagnostic);
  Location where(std::string_view part) const;
  const ScannedLine& line() const { return frames_.back().line; }

  const ConfigSource& source_;
  std::vector<Frame> frames_;
  std::vector<Recorded> recorded_;
  std::vector<OwnLine>* own_lines_ = nullptr;
  std::vector<Diagnostic> diagnostics_;
  Draft draft_;  ///< what values are tried on; thrown away
  LegacyNames legacy_;
  Setting backend_;
  std::size_t files_read_ = 0, bytes_read_ = 0;
};

}  // namespace lxcx::core
