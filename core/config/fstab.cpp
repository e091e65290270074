// SPDX-License-Identifier: Apache-2.0
#include "core/config/fstab.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/parse.hpp"
#include "core/config/scan.hpp"

namespace lxcx::core {
namespace {

constexpr std::string_view escape_hint = "the fields are: source target type options dump pass; a blank inside a path is written \\040";

bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// getmntent(3)'s escapes, \ooo for any byte but NUL; a backslash before anything else stands for itself, two for one.
std::string unescaped(std::string_view field) {
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const std::string_view rest = field.substr(i);
    const bool is_escape = rest.size() >= 4 && rest[0] == '\\' && rest[1] <= '3' && std::ranges::all_of(rest.substr(1, 3), is_octal);
    const int byte = is_escape ? (rest[1] - '0') * 64 + (rest[2] - '0') * 8 + (rest[3] - '0') : 0;
    if (byte != 0) {
      text += static_cast<char>(byte);
      i += 3;
    } else if (rest.starts_with("\\\\")) {
      text += '\\';
      i += 1;
    } else {
      text += rest[0];
    }
  }
  return text;
}

bool is_number(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Checked<MountEntry> parse_mount_line(std::string_view line, std::vector<Complaint>* warnings) {
  const std::vector<std::string_view> fields = words(line);
  if (fields.size() < 3) {
    return complain(shown(line) + " is no mount entry: it lacks its " + (fields.size() < 2 ? "target" : "type"), std::string(escape_hint), line);
  }
  for (std::size_t i = 4; i < fields.size() && warnings != nullptr; ++i) {
    if (i < 6 && is_number(fields[i])) continue;
    warnings->push_back({shown(fields[i]) + " comes after the mount options and is ignored", std::string(escape_hint), fields[i]});
    break;
  }
  MountEntry entry{unescaped(fields[0]), unescaped(fields[1]), unescaped(fields[2]), {}, {}};
  entry.options = split(fields.size() > 3 ? unescaped(fields[3]) : std::string("defaults"), ',');
  return entry;
}

Result<std::vector<MountEntry>> parse_fstab(std::string_view text, const std::string& file) {
  std::vector<MountEntry> entries;
  unsigned number = 0;
  for (text = text.substr(0, text.find('\0')); !text.empty();) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::vector<std::string_view> first = words(line);
    if (first.empty() || first[0].starts_with('#')) continue;
    Checked<MountEntry> entry = parse_mount_line(line, nullptr);
    if (!entry) {
      Error error{Code::config, 0, entry.error().message, entry.error().hint, {}, Location{file, number, column_of(first[0], line)}, {}};
      return Failure(std::move(error));
    }
    entry->where = {file, number, column_of(first[0], line)};
    entries.push_back(std::move(*entry));
  }
  return entries;
}

}  // namespace lxcx::core
