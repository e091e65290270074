// SPDX-License-Identifier: Apache-2.0
#include "core/config/relocate.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "core/config/scan.hpp"
#include "core/config/text_lines.hpp"

namespace lxcx::core {
namespace {

/// What a path ends at, or begins behind, where a value has several or options around one.
bool is_border(char c) { return c == ':' || c == ',' || c == '=' || c == ' ' || c == '\t' || c == '"' || c == '\''; }

/// A place in a value where a directory is named, and what follows it up to the border.
struct Found {
  std::size_t at = 0;
  std::string_view below;  ///< "/rootfs/bin", or nothing for the directory itself
};

/// The next one at or behind `from`.
std::optional<Found> find_directory(std::string_view value, std::string_view directory, std::size_t from) {
  for (std::size_t at = value.find(directory, from); at != value.npos; at = value.find(directory, at + 1)) {
    const std::size_t end = at + directory.size();
    const bool begins = at == 0 || is_border(value[at - 1]);
    if (!begins || (end < value.size() && value[end] != '/' && !is_border(value[end]))) continue;
    std::size_t border = end;
    while (border < value.size() && !is_border(value[border])) ++border;
    return Found{at, value.substr(end, border - end)};
  }
  return std::nullopt;
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

bool stays(std::string_view below, const std::vector<std::string>& staying) {
  return std::ranges::any_of(staying, [below](const std::string& each) {
    for (const std::string& path : {"/" + each, "/" + mount_field(each)})
      if (below == path || below.starts_with(path + "/")) return true;
    return false;
  });
}

std::string replace_directory(std::string_view value, std::string_view from, std::string_view to, const std::vector<std::string>& staying) {
  std::string moved;
  std::size_t done = 0;
  while (const std::optional<Found> found = find_directory(value, from, done)) {
    const bool is_moved = !stays(found->below, staying);
    moved.append(value.substr(done, found->at - done)).append(is_moved ? to : from);
    done = found->at + from.size();
  }
  return moved.append(value.substr(done));
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
    moved = replace_directory(moved, from, to, relocation.staying);
    if (const std::string escaped = mount_field(from); escaped != from)
      moved = replace_directory(moved, escaped, mount_field(to), relocation.staying);
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

std::vector<std::string> named_below(std::string_view value, const Relocation& relocation) {
  std::vector<std::string> names;
  for (const auto& [from, to] : relocation.directories) {
    std::size_t done = 0;
    while (const std::optional<Found> found = find_directory(value, from, done)) {
      done = found->at + from.size();
      const std::filesystem::path below = std::filesystem::path(found->below).lexically_normal().relative_path();
      if (!below.empty() && below != ".") names.push_back(below.has_filename() ? below.string() : below.parent_path().string());
    }
  }
  return names;
}

Relocation reversed(Relocation relocation) {
  for (auto& [from, to] : relocation.directories) std::swap(from, to);
  std::swap(relocation.old_name, relocation.new_name);
  return relocation;
}

ConfigSource relocated_source(const ConfigSource& source, const Relocation& relocation) {
  ConfigSource moved = source;
  moved.read = [source, relocation](const std::string& path) { return source.read(relocate_value(path, relocation)); };
  moved.list = [source, relocation](const std::string& path) { return source.list(relocate_value(path, relocation)); };
  return moved;
}

}  // namespace lxcx::core
