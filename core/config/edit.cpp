// SPDX-License-Identifier: Apache-2.0
#include "core/config/edit.hpp"

#include <algorithm>

#include "core/config/config_file.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/effective.hpp"
#include "core/config/keys.hpp"
#include "core/config/reader.hpp"
#include "core/config/text_lines.hpp"

namespace lxcx::core {
namespace {

using Verb = ConfigEdit::Verb;

bool is_list_key(const std::string& key) {
  const KeySpec* spec = find_key(key);
  return spec->form == Form::include || is_list(*spec, key);
}

std::string file_and_line(const Location& where) { return printable(where.file) + ":" + std::to_string(where.line); }

class Editor {
 public:
  Editor(std::string_view text, const std::string& file, const ConfigSource& source, const ConfigEdit& edit, std::string key)
      : text_(text), file_(file), source_(source), edit_(edit), key_(std::move(key)) {
    std::vector<OwnLine> lines;
    ConfigReader reader(source_);
    reader.note_own_lines(lines);
    reader.read(text_, file_);
    had_errors_ = reader.finish().has_errors();
    for (OwnLine& line : lines) {
      if (line.form == OwnLine::Form::renamed || line.form == OwnLine::Form::backend) has_old_names_ = true;
      if (line.form == OwnLine::Form::current || line.form == OwnLine::Form::renamed) own_.push_back(std::move(line));
    }
  }

  Result<EditedConfig> set() {
    LXCX_CHECK(check_operands());
    LXCX_TRY(line, config_line(key_, edit_.value));
    line.pop_back();  // the file has line ends of its own
    const auto [dropped, behind] = choose_lines();
    const unsigned last = TextLines(text_).count();
    LXCX_TRY(edited, try_at(dropped, behind, line));
    // An include further down may have the last word; then the end of the file is the place.
    if (!edited && behind != last) {
      LXCX_TRY(at_end, try_at(dropped, last, line));
      edited = std::move(at_end);
    }
    if (!edited) return fail(Code::config, "a line of " + key_ + " would have no effect", old_names_hint());
    return std::move(*edited);
  }

  Result<EditedConfig> unset() {
    TextLines lines(text_);
    std::size_t dropped = 0;
    for (const OwnLine& line : own_) {
      if (!stands_for(key_, line.key)) continue;
      lines.drop(line.number);
      ++dropped;
    }
    EditedConfig edited{lines.join().text, {}};
    const ParsedConfig parsed = parse_config(edited.text, file_, source_);
    if (dropped == 0) {
      const std::vector<Setting> others = config_settings(parsed.config, key_);
      return fail(Code::not_found, key_ + " is not set in this file", others.empty() ? std::string() : included_hint(others));
    }
    if (parsed.has_errors()) return Failure(as_error(parsed, 0));
    if (const std::vector<Setting> others = config_settings(parsed.config, key_); !others.empty())
      edited.warnings.push_back(key_ + " still has a value\n  hint: " + included_hint(others));
    return edited;
  }

 private:
  struct Choice {
    std::vector<unsigned> dropped;
    unsigned behind;  ///< the number of the line behind which the new one goes
  };

  Result<void> check_operands() const {
    const KeySpec* spec = find_key(key_);
    if (key_ == spec->name && spec->is_family()) return fail(Code::usage, key_ + " lacks what comes after the dot", std::string(spec->doc));
    if (edit_.verb != Verb::append) return {};
    if (!is_list_key(key_)) return fail(Code::usage, key_ + " has one value at most, so that there is nothing to append to", "leave out --append");
    if (edit_.value.empty()) return fail(Code::usage, "an empty value clears " + key_, "leave out --append");
    return {};
  }

  std::vector<const OwnLine*> own_lines() const {
    std::vector<const OwnLine*> found;
    for (const OwnLine& line : own_)
      if (line.key == key_) found.push_back(&line);
    return found;
  }

  Choice choose_lines() const {
    const std::vector<const OwnLine*> own = own_lines();
    if (own.empty()) return {{}, place_of_new_key()};
    if (edit_.verb == Verb::append) return {{}, own.back()->number};
    // A list that is cleared before it is filled keeps that line: it takes back what the includes above it gave.
    const auto is_clear = [](const OwnLine* line) { return line->value.empty(); };
    const auto clear = edit_.value.empty() || !is_list_key(key_) ? own.rend() : std::find_if(own.rbegin(), own.rend(), is_clear);
    const OwnLine* kept = clear == own.rend() ? nullptr : *clear;
    Choice choice{{}, 0};
    for (const OwnLine* line : own)
      if (line != kept) choice.dropped.push_back(line->number);
    if (!is_list_key(key_) || edit_.value.empty()) {
      choice.behind = own.back()->number;
    } else if (kept == nullptr) {
      choice.behind = own.front()->number;
    } else {
      choice.behind = clear == own.rbegin() ? kept->number : (*std::prev(clear))->number;
    }
    return choice;
  }

  /// A network device's keys stay together.
  unsigned place_of_new_key() const {
    const std::optional<NicKey> nic = split_nic_key(key_);
    const std::string device = nic && !nic->sub_key.empty() ? "lxc.net." + std::to_string(nic->index) : std::string();
    for (auto line = own_.rbegin(); line != own_.rend() && !device.empty(); ++line)
      if (stands_for(device, line->key)) return line->number;
    return TextLines(text_).count();
  }

  /// Nothing: the line would have no effect there.
  Result<std::optional<EditedConfig>> try_at(const std::vector<unsigned>& dropped, unsigned behind, const std::string& line) const {
    TextLines lines(text_);
    std::string_view indent;
    if (std::ranges::find(dropped, behind) != dropped.end())
      indent = std::string_view(lines.text(behind)).substr(0, lines.text(behind).find_first_not_of(" \t"));
    std::string indented = std::string(indent) + line;
    for (const unsigned number : dropped) lines.drop(number);
    lines.insert_behind(behind, std::move(indented));
    const TextLines::Joined joined = lines.join();
    const ParsedConfig parsed = parse_config(joined.text, file_, source_);
    if (parsed.has_errors()) return Failure(as_error(parsed, joined.inserted));
    if (!takes_effect(parsed.config, joined.inserted)) return std::nullopt;
    return EditedConfig{joined.text, warnings_about(parsed, joined.inserted)};
  }

  bool is_own(const Location& where, unsigned line) const { return where.file == file_ && where.line == line; }

  bool takes_effect(const ContainerConfig& config, unsigned line) const {
    if (find_key(key_)->form == Form::include) return true;
    const std::vector<Setting> settings = config_settings(config, key_);
    if (edit_.value.empty()) return std::ranges::all_of(settings, [&](const Setting& setting) { return is_own(setting.where, line); });
    const auto mine = std::ranges::find_if(settings, [&](const Setting& setting) { return is_own(setting.where, line); });
    if (mine == settings.end()) return false;
    // lxc.rootfs.backend, from before 2.1, is put before any path.
    return key_ != "lxc.rootfs.path" || mine->value == edit_.value;
  }

  std::vector<std::string> warnings_about(const ParsedConfig& parsed, unsigned line) const {
    std::vector<std::string> warnings;
    for (const Diagnostic& diagnostic : parsed.diagnostics)
      if (is_own(diagnostic.where, line)) warnings.push_back(format_warning(diagnostic));
    if (edit_.verb != Verb::set || edit_.value.empty() || !is_list_key(key_)) return warnings;
    std::vector<Setting> others = config_settings(parsed.config, key_);
    std::erase_if(others, [&](const Setting& setting) { return setting.where.file == file_; });
    if (!others.empty()) warnings.push_back(key_ + " has other values too\n  hint: " + included_hint(others));
    return warnings;
  }

  /// Errors that the change would bring; `line` is the new one, or 0.
  Error as_error(const ParsedConfig& parsed, unsigned line) const {
    const auto mine =
        std::ranges::find_if(parsed.diagnostics, [&](const Diagnostic& d) { return d.is_error() && line > 0 && is_own(d.where, line); });
    if (mine != parsed.diagnostics.end()) return {Code::config, 0, mine->message, mine->hint, {}, std::nullopt, {}};
    Error error = config_error(file_, parsed.diagnostics);
    error.where.reset();  // the places are those of a file that nobody gets to see
    error.message = had_errors_ ? "the file has errors, and stays as it is" : "the file would no longer be valid, and stays as it is";
    error.hint = had_errors_ ? "mend them first; 'lxcx config check' shows them" : old_names_hint();
    return error;
  }

  std::string old_names_hint() const {
    return has_old_names_ ? "the file has names from before LXC 2.1 that depend on their place; 'lxcx config convert' rewrites them" : "";
  }

  std::string included_hint(const std::vector<Setting>& others) const {
    return file_and_line(others.back().where) + " sets " + others.back().key + "; includes are not changed, but to set an empty value here clears it";
  }

  std::string_view text_;
  const std::string& file_;
  const ConfigSource& source_;
  const ConfigEdit& edit_;
  std::string key_;
  std::vector<OwnLine> own_;  ///< those that set a key
  bool had_errors_ = false, has_old_names_ = false;
};

}  // namespace

Result<EditedConfig> edit_config(std::string_view text, const std::string& file, const ConfigSource& source, const ConfigEdit& edit) {
  LXCX_TRY(key, current_key(edit.key));
  Editor editor(text, file, source, edit, std::move(key));
  return edit.verb == Verb::unset ? editor.unset() : editor.set();
}

Result<std::vector<std::string>> edit_config_file(Kernel& kernel, const std::string& file, const ConfigSource& source, const ConfigEdit& edit) {
  const std::string what = "change " + printable(file);
  LXCX_TRY(held, doing(ConfigFile::open(kernel, file), what));
  LXCX_TRY(edited, doing(edit_config(held.text(), file, source, edit), what));
  if (edited.text != held.text()) LXCX_CHECK(doing(held.replace(edited.text), what));
  return std::move(edited.warnings);
}

}  // namespace lxcx::core
