// SPDX-License-Identifier: Apache-2.0
#include "core/config/relocate.hpp"

#include "core/config/scan.hpp"
#include "core/config/text_lines.hpp"

namespace lxcx::core {
namespace {

/// What a path ends at, or begins behind, where a value has several or options around one.
bool is_border(char c) { return c == ':' || c == ',' || c == '=' || c == ' ' || c == '\t' || c == '"' || c == '\''; }

std::string replace_directory(std::string_view value, std::string_view from, std::string_view to) {
  std::string moved;
  while (true) {
    const std::size_t at = value.find(from);
    if (at == value.npos) return moved.append(value);
    const std::size_t end = at + from.size();
    const char before = at > 0 ? value[at - 1] : (moved.empty() ? ' ' : moved.back());
    const bool is_whole = is_border(before) && (end == value.size() || value[end] == '/' || is_border(value[end]));
    moved.append(value.substr(0, at)).append(is_whole ? to : from);
    value.remove_prefix(end);
  }
}

/// As getmntent(3) has it in the fields of a mount entry.
std::string mount_field(std::string_view path) {
  std::string field;
  for (const char c : path) {
    if (c == ' ')
      field += "\\040";
    else if (c == '\t')
      field += "\\011";
    else if (c == '\\')
      field += "\\134";
    else
      field += c;
  }
  return field;
}

std::string relocate_line(const ScannedLine& line, const Relocation& relocation) {
  const std::size_t at = column_of(line.value, line.text);
  if (line.value.empty() || at == 0) return std::string(line.text);
  const bool is_name = line.key == "lxc.uts.name" || line.key == "lxc.utsname";
  std::string value = is_name && line.value == relocation.old_name ? relocation.new_name : relocate_value(line.value, relocation);
  return std::string(line.text.substr(0, at - 1)) + value + std::string(line.text.substr(at - 1 + line.value.size()));
}

}  // namespace

std::string relocate_value(std::string_view value, const Relocation& relocation) {
  std::string moved(value);
  for (const auto& [from, to] : relocation.directories) {
    moved = replace_directory(moved, from, to);
    if (const std::string escaped = mount_field(from); escaped != from) moved = replace_directory(moved, escaped, mount_field(to));
  }
  return moved;
}

std::string relocate_config(std::string_view text, const Relocation& relocation) {
  TextLines lines(text);
  LineScanner scanner(text);
  while (const std::optional<ScannedLine> line = scanner.next()) {
    if (line->kind != ScannedLine::Kind::assignment) continue;
    // The scanner's text lacks what the file has around it: a byte order mark, a carriage return.
    std::string whole = lines.text(line->number);
    const std::size_t at = whole.find(line->text);
    if (at == whole.npos) continue;
    lines.replace(line->number, whole.replace(at, line->text.size(), relocate_line(*line, relocation)));
  }
  return lines.join().text;
}

std::string relocate_fstab(std::string_view text, const Relocation& relocation) {
  TextLines lines(text);
  for (unsigned number = 1; number <= lines.count(); ++number) {
    const std::string& line = lines.text(number);
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != line.npos && line[first] != '#') lines.replace(number, relocate_value(line, relocation));
  }
  return lines.join().text;
}

}  // namespace lxcx::core
