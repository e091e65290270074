// SPDX-License-Identifier: Apache-2.0
#include "core/config/reader.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/config/apply.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/limits.hpp"
#include "core/config/validate.hpp"

namespace lxcx::core {
namespace {

using Severity = Diagnostic::Severity;

/// The clock offsets as timens_offsets wants them (time_namespaces(7)): 0 <= nanoseconds < 10^9.
void normalize(std::int64_t& seconds, std::int64_t& nanoseconds) {
  constexpr std::int64_t second = 1000000000;
  std::int64_t carry = nanoseconds / second;
  nanoseconds %= second;
  if (nanoseconds < 0) {
    nanoseconds += second;
    carry -= 1;
  }
  if (__builtin_add_overflow(seconds, carry, &seconds)) seconds = carry < 0 ? INT64_MIN : INT64_MAX;
}

/// Or empty, which takes back an earlier one.
bool is_storage_name(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

}  // namespace

void ConfigReader::read(std::string_view text, const std::string& file) {
  frames_.push_back({file, {}, 1});
  ++files_read_;
  bytes_read_ += text.size();
  if (text.size() > limits::file_bytes) {
    error({}, "the file is larger than 1 MiB", "a configuration is a few kilobytes; is this one?");
  } else {
    if (text.starts_with("\xef\xbb\xbf")) {
      warn({}, "the file begins with a byte order mark; LXC would not understand its first line", "save it as UTF-8 without a mark");
      text.remove_prefix(3);
    }
    LineScanner lines(text);
    while (const std::optional<ScannedLine> line = lines.next()) {
      frames_.back().line = *line;
      read_line();
    }
  }
  frames_.pop_back();
}

void ConfigReader::read_line() {
  switch (line().kind) {
    case ScannedLine::Kind::foreign: return look_at_foreign_line();
    case ScannedLine::Kind::no_equals: return error(line().key, "there is no '=' after " + shown(line().key), "a line is KEY = VALUE");
    case ScannedLine::Kind::assignment: return assign(std::string(line().key), line().value);
  }
}

/// LXC skips these in silence, and so a misspelt "lcx.tty.max" too: that one is worth a word.
void ConfigReader::look_at_foreign_line() {
  const std::string_view word = line().key;
  const std::size_t dot = word.find('.');
  if (dot == word.npos || line().text.find('=') == line().text.npos) return;
  std::string prefix(word.substr(0, std::min<std::size_t>(dot, 8)));
  std::ranges::transform(prefix, prefix.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const bool is_swapped = std::ranges::is_permutation(prefix, std::string_view("lxc"));
  if (is_swapped || edit_distance(prefix, "lxc", 1) <= 1)
    warn(word, shown(word) + " is ignored: it does not begin with 'lxc.'", "keys are written in lower case");
}

void ConfigReader::override_with(const std::vector<std::pair<std::string, std::string>>& overrides) {
  for (const auto& [key, value] : overrides) {
    const std::string text = key + " = " + value;
    frames_.push_back({"--define", {}, 1});
    ScannedLine& line = frames_.back().line;
    line.text = text;
    line.key = std::string_view(text).substr(0, key.size());
    line.value = std::string_view(text).substr(key.size() + 3);
    constexpr std::string_view refused("\n\r\0", 3);
    if (text.find_first_of(refused) != text.npos) {
      error(std::string_view(text).substr(text.find_first_of(refused), 1), "a setting has to fit on one line",
            "leave out the line break or NUL byte");
    } else {
      assign(key, value.empty() ? std::string_view{} : line.value);
    }
    frames_.pop_back();
  }
}

void ConfigReader::assign(std::string key, std::string_view value) {
  if (key == "lxc.namespace.share.mount") key = "lxc.namespace.share.mnt";
  if (const KeySpec* spec = find_key(key)) {
    note(OwnLine::Form::current, key);
    return assign_known(*spec, std::move(key), std::string(value));
  }
  assign_old(key, value);
}

void ConfigReader::note(OwnLine::Form form, std::string_view key) {
  if (own_lines_ != nullptr && frames_.size() == 1) own_lines_->push_back({form, line().number, std::string(key), std::string(line().value)});
}

void ConfigReader::assign_old(const std::string& key, std::string_view value) {
  std::optional<Translation> translation = legacy_.translate(key, !value.empty());
  if (!translation) return report_unknown(key);
  switch (translation->kind) {
    case Translation::Kind::no_effect:
      note(OwnLine::Form::no_effect, key);
      return warn(line().key, key + " has no effect any more", "delete the line");
    case Translation::Kind::type_missing:
      return error(line().key, key + " comes before any lxc.network.type",
                   "put 'lxc.net.0.type = veth' above it, and write lxc.net.0." + key.substr(12));
    case Translation::Kind::backend:
      if (!is_storage_name(value)) return error(value, shown(value) + " is no storage backend", "dir, overlay, btrfs, …");
      backend_ = {key, std::string(value), where(line().value)};
      note(OwnLine::Form::backend, key);
      return warn(line().key, "lxc.rootfs.backend became a part of lxc.rootfs.path in LXC 2.1",
                  "write lxc.rootfs.path = " + std::string(value) + ":PATH");
    case Translation::Kind::renamed: break;
  }
  warn(line().key, key + " is called " + translation->key + " since LXC 2.1",
       "write " + translation->key + " = " + std::string(value.substr(0, 200)));
  // An old family's name can lead to a key that has a row of its own, or to none.
  const KeySpec* spec = find_key(translation->key);
  if (spec == nullptr) return report_unknown(translation->key);
  note(OwnLine::Form::renamed, translation->key);
  assign_known(*spec, std::move(translation->key), std::string(value));
}

void ConfigReader::report_unknown(const std::string& key) {
  const bool is_shown = diagnostics_.size() < limits::diagnostics;  // looking for the nearest of all keys is not cheap
  const std::string suggestion = is_shown ? suggest_key(key) : std::string();
  error(line().key, "unknown key " + shown(key), suggestion.empty() ? "'lxcx config keys' lists them all" : "did you mean " + suggestion + "?");
}

void ConfigReader::assign_known(const KeySpec& spec, std::string key, std::string value) {
  const std::string_view view = line().value;
  if (spec.form == Form::include) return include(view);
  if (spec.is_family() && key.size() == spec.name.size()) return error(line().key, key + " lacks what comes after the dot", std::string(spec.doc));
  if (has_control_bytes(key) || key.find(' ') != key.npos) return error(line().key, "no key has a blank or a control character in it");
  if (key.size() - (spec.is_family() ? spec.name.size() : 0) > limits::sub_key_bytes) return error(line().key, "the key has more than 255 bytes");
  if (value.empty() && spec.empty == Empty::refused) return error(line().key, key + " needs a value");
  if (!value.empty() && spec.form == Form::clears_group)
    return error(view, key + " takes no value", "empty, it clears all " + key + ".*; to set one, write " + key + ".NAME = VALUE");
  if (value.empty() && spec.empty == Empty::zeroes) value = "0";
  if (!value.empty() && !resolve_environment(spec, view, value)) return;
  Recorded recorded{&spec, {std::move(key), std::move(value), where(view)}};
  if (check_value(recorded, view) && track_nics(recorded)) recorded_.push_back(std::move(recorded));
}

/// Applies the value to the draft; complaints are moved back onto the line, where their columns are counted.
bool ConfigReader::check_value(const Recorded& recorded, std::string_view value) {
  const std::string& copy = recorded.setting.value;
  if (copy.empty()) return true;
  recorded.spec->apply(draft_, recorded.assignment());
  const auto on_line = [&](std::string_view part) {
    const unsigned in_value = column_of(part, copy);
    if (in_value > 0 && in_value + part.size() <= value.size() + 1) return value.substr(in_value - 1, part.size());
    return part.empty() ? value : line().key;
  };
  for (const Complaint& complaint : draft_.warnings) warn(on_line(complaint.part), complaint.message, complaint.hint);
  for (const Complaint& complaint : draft_.errors) error(on_line(complaint.part), recorded.setting.key + ": " + complaint.message, complaint.hint);
  const bool is_good = draft_.errors.empty();
  draft_.errors.clear();
  draft_.warnings.clear();
  return is_good;
}

/// Types come first, and clearing one undoes it: the draft has to follow. False when there is no such device key.
bool ConfigReader::track_nics(const Recorded& recorded) {
  const bool is_empty = recorded.setting.value.empty();
  if (recorded.spec->name == "lxc.net") clear_nics(draft_.config, std::nullopt);
  if (recorded.spec->name != "lxc.net.") return true;
  const std::optional<NicKey> key = split_nic_key(recorded.setting.key);
  if (!key) {
    error(line().key, shown(recorded.setting.key) + " has no index of a network device", "write lxc.net.0.type, lxc.net.0.link, …");
    return false;
  }
  if (is_empty && (key->sub_key.empty() || key->sub_key == "type")) clear_nics(draft_.config, key->index);
  if (!is_empty && key->sub_key == "type") legacy_.saw_device(key->index);
  return true;
}

/// A bare NAME in lxc.environment takes the host's value, once and here, so that a configuration means one thing from then on.
bool ConfigReader::resolve_environment(const KeySpec& spec, std::string_view view, std::string& value) {
  if (!spec.name.starts_with("lxc.environment") || value.find('=') != value.npos) return true;
  const char* host_value = source_.environment ? source_.environment(value.c_str()) : nullptr;
  if (host_value == nullptr) {
    error(view, std::string(spec.name) + ": the variable " + shown(value) + " is not set here",
          "write " + value + "=VALUE, or set it before lxcx runs");
    return false;
  }
  value += '=';
  value += host_value;
  return true;
}

ParsedConfig ConfigReader::finish() {
  std::vector<Recorded> settings = effective(std::move(recorded_));
  combine_backend(settings);
  Draft draft;
  draft.config.settings.reserve(settings.size());
  for (Recorded& recorded : settings) {
    recorded.spec->apply(draft, recorded.assignment());
    draft.config.settings.push_back(std::move(recorded.setting));
  }
  ContainerConfig& config = draft.config;
  normalize(config.boottime_offset_s, config.boottime_offset_ns);
  normalize(config.monotonic_offset_s, config.monotonic_offset_ns);
  for (const Conflict& conflict : find_conflicts(config)) {
    const auto& [key, value, where] = *conflict.setting;
    const bool is_as_written = where.column == key.size() + 4;
    add({Severity::error, where, printable(conflict.message), printable(conflict.hint), is_as_written ? key + " = " + value : "", {}});
  }
  return {std::move(config), std::move(diagnostics_)};
}

void ConfigReader::combine_backend(std::vector<Recorded>& settings) {
  if (backend_.value.empty()) return;
  for (Recorded& recorded : settings)
    if (recorded.spec->name == "lxc.rootfs.path") recorded.setting.value = with_backend(recorded.setting.value, backend_.value);
}

Location ConfigReader::where(std::string_view part) const {
  const unsigned column = column_of(part, line().text);
  return {frames_.back().file, line().number, column > 0 ? column : column_of(line().key, line().text)};
}

void ConfigReader::report(Severity severity, std::string_view part, const std::string& message, const std::string& hint) {
  // Messages quote keys and values: whatever they quote is made safe here, once for all.
  Diagnostic diagnostic{severity, where(part), printable(message), printable(hint), {}, {}};
  diagnostic.source_line = line().text.substr(0, limits::shown_line_bytes);
  for (auto frame = frames_.rbegin() + 1; frame < frames_.rend(); ++frame)
    diagnostic.included_from.push_back({frame->file, frame->line.number, frame->include_column});
  add(std::move(diagnostic));
}

void ConfigReader::add(Diagnostic diagnostic) {
  if (diagnostics_.size() < limits::diagnostics) return diagnostics_.push_back(std::move(diagnostic));
  if (diagnostics_.size() > limits::diagnostics) return;
  diagnostic.severity = Severity::error;
  diagnostic.message = "there is too much wrong with this configuration; what follows is not shown";
  diagnostic.hint = "mend what is above, and look again";
  diagnostics_.push_back(std::move(diagnostic));
}

void ConfigReader::error(std::string_view part, const std::string& message, const std::string& hint) { report(Severity::error, part, message, hint); }
void ConfigReader::warn(std::string_view part, const std::string& message, const std::string& hint) {
  report(Severity::warning, part, message, hint);
}

}  // namespace lxcx::core
