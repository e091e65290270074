// SPDX-License-Identifier: Apache-2.0
#include "core/config/convert.hpp"

#include <algorithm>

#include "core/config/config_file.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/keys.hpp"
#include "core/config/reader.hpp"
#include "core/config/text_lines.hpp"

namespace lxcx::core {
namespace {

constexpr std::string_view blanks = " \t";

/// The line with another key; blanks, '=' and value as they were. `at`: where the old key begins.
std::string with_key(std::string_view line, std::size_t at, const std::string& key) {
  const std::size_t end = std::min(line.find_first_of(" \t=", at), line.size());
  return std::string(line.substr(0, at)) + key + std::string(line.substr(end));
}

/// Follows which device a commented-out lxc.network.* line would belong to.
class CommentedNames {
 public:
  explicit CommentedNames(const std::vector<OwnLine>& own) : own_(own) {
    for (const OwnLine& line : own)
      if (const std::optional<NicKey> nic = split_nic_key(line.key)) next_device_ = std::max(next_device_, nic->index + 1);
  }

  /// The comment with today's name, if it is a setting by an old one.
  std::optional<std::string> converted(unsigned number, std::string_view line) {
    std::size_t at = line.find_first_not_of(blanks);
    if (at == line.npos || line[at] != '#') return std::nullopt;
    at = std::min(line.find_first_not_of("# \t", at), line.size());
    const std::string_view key = line.substr(at, std::min(line.find_first_of(" \t=", at), line.size()) - at);
    const std::size_t equals = line.find_first_not_of(blanks, at + key.size());
    if (!key.starts_with("lxc.") || equals == line.npos || line[equals] != '=' || find_key(key) != nullptr) return std::nullopt;
    const std::optional<std::string> name = current_name(number, key);
    return name && find_key(*name) != nullptr ? std::optional(with_key(line, at, *name)) : std::nullopt;
  }

 private:
  std::optional<std::string> current_name(unsigned number, std::string_view key) {
    using Kind = Translation::Kind;
    const std::optional<Translation> translation = LegacyNames{}.translate(key, false);
    if (translation && translation->kind == Kind::renamed) return translation->key;
    if (!translation || translation->kind != Kind::type_missing) return std::nullopt;
    const std::string_view sub_key = key.substr(std::string_view("lxc.network.").size());
    const std::optional<unsigned> device = device_at(number, sub_key == "type");
    return device ? std::optional(network_key(*device, sub_key)) : std::nullopt;
  }

  /// Of the type above it: a commented-out one begins a device of its own, with a number that no other has.
  std::optional<unsigned> device_at(unsigned number, bool is_type) {
    for (; position_ < own_.size() && own_[position_].number < number; ++position_)
      if (const std::optional<NicKey> nic = split_nic_key(own_[position_].key); nic && nic->sub_key == "type") device_ = nic->index;
    if (is_type) device_ = next_device_++;
    return device_;
  }

  const std::vector<OwnLine>& own_;
  std::size_t position_ = 0;
  unsigned next_device_ = 0;
  std::optional<unsigned> device_;
};

/// The text with today's names; whether it still means the same is for others to see.
void rewrite(TextLines& lines, const std::vector<OwnLine>& own, std::vector<Conversion::Change>& changes) {
  const auto replace = [&](unsigned number, std::string after) {
    if (after == lines.text(number)) return;
    changes.push_back({number, lines.text(number), after});
    lines.replace(number, std::move(after));
  };
  std::string backend;
  for (const OwnLine& line : own)
    if (line.form == OwnLine::Form::backend) backend = line.value;
  for (const OwnLine& line : own) {
    const std::string before = lines.text(line.number);
    if (line.form == OwnLine::Form::backend || line.form == OwnLine::Form::no_effect) {
      changes.push_back({line.number, before, std::nullopt});
      lines.drop(line.number);
      continue;
    }
    const std::size_t at = before.find_first_not_of(blanks);
    std::string after = line.form == OwnLine::Form::renamed ? with_key(before, at, line.key) : before;
    if (line.key == "lxc.rootfs.path" && !line.value.empty() && !backend.empty())
      after = before.substr(0, at) + line.key + " = " + with_backend(line.value, backend);
    replace(line.number, std::move(after));
  }
  CommentedNames comments(own);
  for (unsigned number = 1; number <= lines.count(); ++number)
    if (std::optional<std::string> after = comments.converted(number, lines.text(number))) replace(number, std::move(*after));
  std::ranges::sort(changes, {}, &Conversion::Change::line);
}

bool is_same_setting(const Setting& a, const Setting& b) { return a.key == b.key && a.value == b.value; }

}  // namespace

Result<Conversion> convert_config(std::string_view text, const std::string& file, const ConfigSource& source) {
  std::vector<OwnLine> own;
  ConfigReader reader(source);
  reader.note_own_lines(own);
  reader.read(text, file);
  const ParsedConfig before = reader.finish();
  if (before.has_errors()) {
    Error error = config_error(file, before.diagnostics);
    error.hint = "mend them first; nothing was written";
    return Failure(std::move(error));
  }
  TextLines lines(text);
  Conversion conversion;
  rewrite(lines, own, conversion.changes);
  conversion.text = lines.join().text;
  const ParsedConfig after = parse_config(conversion.text, file, source);
  if (after.has_errors() || !std::ranges::equal(before.config.settings, after.config.settings, is_same_setting))
    return fail(Code::config, printable(file) + " cannot be rewritten without a change of what it means; nothing was written",
                "a lxc.rootfs.backend and its lxc.rootfs have to be in one file, and a file has to include itself what its network devices need");
  for (const Diagnostic& diagnostic : after.diagnostics) conversion.warnings.push_back(format_warning(diagnostic));
  return conversion;
}

Result<Conversion> convert_config_file(Kernel& kernel, const std::string& file, const ConfigSource& source) {
  const std::string what = "convert " + printable(file);
  LXCX_TRY(held, doing(ConfigFile::open(kernel, file), what));
  LXCX_TRY(conversion, doing(convert_config(held.text(), file, source), what));
  if (conversion.changes.empty()) return conversion;
  LXCX_TRY(backup, doing(held.replace_with_backup(conversion.text), what));
  conversion.backup = std::move(backup);
  return conversion;
}

}  // namespace lxcx::core
