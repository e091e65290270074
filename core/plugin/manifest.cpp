// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/manifest.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/text.hpp"

namespace lxcx::core {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t our_format = 1;
constexpr std::array<std::string_view, 14> known_fields{"manifest", "kind",         "name",    "version", "library", "abi",      "summary",
                                                        "license",  "capabilities", "schemes", "events",  "needs",   "settings", "$schema"};
constexpr std::array<std::string_view, 5> setting_types{"string", "path", "integer", "size", "boolean"};

std::string_view type_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null: return "null";
    case Json::value_t::boolean: return "a boolean";
    case Json::value_t::string: return "text";
    case Json::value_t::array: return "a list";
    case Json::value_t::object: return "an object";
    default: return "a number";
  }
}

/// What is shown on a terminal must not be able to steer it.
bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// Reads one manifest's fields; every failure names the file and the field.
class Reader {
 public:
  Reader(const Json& json, const std::string& path) : json_(json), path_(path) {}

  Failure wrong(std::string_view field, const std::string& what, std::string hint = {}) const {
    if (hint.empty()) hint = "fix the manifest, or reinstall the plugin; the fields are described in plugin-authors/manifest.md";
    return fail(Code::plugin, "manifest '" + path_ + "': field '" + std::string(field) + "': " + what, std::move(hint));
  }
  Failure wrong_type(std::string_view field, std::string_view expected, const Json& found) const {
    return wrong(field, "expected " + std::string(expected) + ", found " + std::string(type_of(found)));
  }

  Result<std::string> as_text(std::string_view field, const Json& value) const {
    if (!value.is_string()) return wrong_type(field, "text", value);
    const auto& text = value.get_ref<const std::string&>();
    if (has_control_characters(text)) return wrong(field, "contains a control character");
    return text;
  }
  Result<std::string> text(std::string_view field) const {
    const auto it = json_.find(field);
    if (it == json_.end()) return wrong(field, "is missing");
    LXCX_TRY(value, as_text(field, *it));
    if (value.empty()) return wrong(field, "is empty");
    return value;
  }
  Result<std::vector<std::string>> list(std::string_view field) const {
    std::vector<std::string> all;
    const auto it = json_.find(field);
    if (it == json_.end()) return all;
    if (!it->is_array()) return wrong_type(field, "a list of texts", *it);
    for (const Json& each : *it) {
      LXCX_TRY(value, as_text(std::string(field) + "[" + std::to_string(all.size()) + "]", each));
      all.push_back(std::move(value));
    }
    return all;
  }
  Result<void> check_format() const {
    const auto it = json_.find("manifest");
    if (it == json_.end()) return wrong("manifest", "is missing", "add \"manifest\": 1, the number of the manifest's format");
    if (!it->is_number_integer()) return wrong_type("manifest", "a whole number", *it);
    const std::int64_t format = it->is_number_unsigned() && it->get<std::uint64_t>() > INT32_MAX ? INT32_MAX : it->get<std::int64_t>();
    if (format == our_format) return {};
    if (format < our_format) return wrong("manifest", "expected " + std::to_string(our_format) + ", found " + std::to_string(format));
    const std::string newer = join(unknown_fields(), "', '");
    return wrong("manifest",
                 "format " + std::to_string(format) + " is newer than " + std::to_string(our_format) + ", the newest this lxcx understands" +
                     (newer.empty() ? "" : " (it has the unknown field '" + newer + "')"),
                 "upgrade lxcx, or install the version of the plugin that was made for it");
  }
  Result<std::vector<SettingSchema>> settings() const {
    std::vector<SettingSchema> all;
    const auto it = json_.find("settings");
    if (it == json_.end()) return all;
    if (!it->is_object()) return wrong_type("settings", "an object", *it);
    for (const auto& [name, schema] : it->items()) {
      LXCX_TRY(one, setting(name, schema));
      all.push_back(std::move(one));
    }
    return all;
  }
  std::vector<std::string> unknown_fields() const {
    std::vector<std::string> unknown;
    for (const auto& [name, value] : json_.items())
      if (std::ranges::find(known_fields, name) == known_fields.end()) unknown.push_back(escape_line(name));
    return unknown;
  }

 private:
  Result<SettingSchema> setting(const std::string& name, const Json& schema) const {
    const std::string field = "settings." + escape_line(name);
    if (name.empty() || has_control_characters(name)) return wrong(field, "is no name for a setting");
    if (!schema.is_object()) return wrong_type(field, "an object", schema);
    SettingSchema one{name, "string", {}, {}};
    for (const auto& [key, value] : schema.items()) {
      const std::string inner = field + "." + escape_line(key);
      if (key == "type") {
        LXCX_TRY(type, as_text(inner, value));
        if (std::ranges::find(setting_types, type) == setting_types.end())
          return wrong(inner, "expected string, path, integer, size or boolean, found '" + type + "'");
        one.type = type;
      } else if (key == "default") {
        if (value.is_object() || value.is_array()) return wrong_type(inner, "text, a number or a boolean", value);
        one.default_value = value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
        if (has_control_characters(one.default_value)) return wrong(inner, "contains a control character");
      } else if (key == "doc") {
        LXCX_TRY(doc, as_text(inner, value));
        one.doc = std::move(doc);
      }
    }
    return one;
  }

  const Json& json_;
  const std::string& path_;
};

Location place_of(std::string_view text, std::size_t byte, const std::string& path) {
  const std::string_view before = text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t line_start = before.find_last_of('\n') + 1;  // npos + 1 is 0: the first line
  return {path, static_cast<unsigned>(line), static_cast<unsigned>(before.size() - line_start + 1)};
}

/// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …" -> "syntax error …"
std::string cause_of(std::string_view what) {
  const std::size_t column = what.find(", column ");
  const std::size_t colon = column == std::string_view::npos ? column : what.find(": ", column);
  return std::string(colon == std::string_view::npos ? what : what.substr(colon + 2));
}

/// nlohmann keeps the last of two equal names in silence; a manifest that says a thing twice is refused instead.
Result<Json> parse_json(std::string_view text, const std::string& path) {
  std::vector<std::set<std::string>> seen;
  std::string twice;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) seen.emplace_back();
    if (event == Json::parse_event_t::object_end) seen.pop_back();
    if (event == Json::parse_event_t::key && !seen.back().insert(value.get<std::string>()).second) twice = value.get<std::string>();
    return true;
  };
  try {
    Json json = Json::parse(text, watch);
    if (!json.is_object())
      return fail(Code::plugin, "manifest '" + path + "': expected an object, found " + std::string(type_of(json)), "reinstall the plugin");
    if (!twice.empty()) return fail(Code::plugin, "manifest '" + path + "': field '" + escape_line(twice) + "' stands twice", "keep one of them");
    return json;
  } catch (const Json::parse_error& e) {
    Error error{Code::plugin, 0, "manifest '" + path + "' is not JSON: " + escape_line(cause_of(e.what())), {}, {}, place_of(text, e.byte, path), {}};
    error.hint = "fix it there, or reinstall the plugin";
    return std::unexpected(std::move(error));
  } catch (const Json::out_of_range&) {
    // Not a parse_error: the text is JSON, but no double holds the number.
    return fail(Code::plugin, "manifest '" + path + "': a number in it is too large", "fix it there, or reinstall the plugin");
  }
}

bool is_abi(std::string_view text) {
  const std::vector<std::string> parts = split(text, '.', true);
  return parts.size() == 2 && std::ranges::all_of(parts, [](const std::string& part) {
           return !part.empty() && part.size() <= 5 && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
         });
}

}  // namespace

Result<Kind> parse_kind(std::string_view text) {
  if (text == "net") return Kind::network;
  for (const Kind kind : {Kind::storage, Kind::network, Kind::template_, Kind::security, Kind::hook})
    if (text == kind_name(kind)) return kind;
  return fail(Code::usage, "'" + escape_line(text) + "' is no kind of plugin",
              "the kinds are storage, network (or net), template, security and hook");
}

std::vector<std::string> manifest_file_names(Kind kind, std::string_view name) {
  std::vector<std::string> names{std::string(kind_name(kind)) + "-" + std::string(name) + ".json"};
  if (kind == Kind::network) names.push_back("net-" + std::string(name) + ".json");
  return names;
}

bool is_plugin_name(std::string_view name) {
  const auto is_alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 64 && is_alphanumeric(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

bool Manifest::has(std::string_view capability) const { return std::ranges::find(capabilities, capability) != capabilities.end(); }

bool Manifest::declares(std::string_view setting) const {
  return std::ranges::any_of(settings, [setting](const SettingSchema& each) { return each.name == setting; });
}

Result<Manifest> parse_manifest(std::string_view json_text, const std::string& path) {
  LXCX_TRY(json, parse_json(json_text, path));
  const Reader reader(json, path);
  LXCX_CHECK(reader.check_format());
  Manifest manifest;
  manifest.path = path;
  LXCX_TRY(kind_text, reader.text("kind"));
  const Result<Kind> kind = parse_kind(kind_text);
  if (!kind) return reader.wrong("kind", "expected storage, network, template, security or hook, found '" + kind_text + "'");
  manifest.kind = *kind;
  using Field = std::pair<std::string_view, std::string Manifest::*>;
  for (const auto& [field, member] : {Field{"name", &Manifest::name}, Field{"version", &Manifest::version}, Field{"library", &Manifest::library},
                                      Field{"abi", &Manifest::abi}, Field{"summary", &Manifest::summary}, Field{"license", &Manifest::license}}) {
    LXCX_TRY(value, reader.text(field));
    manifest.*member = std::move(value);
  }
  using List = std::pair<std::string_view, std::vector<std::string> Manifest::*>;
  for (const auto& [field, member] : {List{"capabilities", &Manifest::capabilities}, List{"schemes", &Manifest::schemes},
                                      List{"events", &Manifest::events}, List{"needs", &Manifest::needs}}) {
    LXCX_TRY(values, reader.list(field));
    manifest.*member = std::move(values);
  }
  LXCX_TRY(settings, reader.settings());
  manifest.settings = std::move(settings);
  manifest.unknown_fields = reader.unknown_fields();
  if (!is_plugin_name(manifest.name)) return reader.wrong("name", "'" + manifest.name + "' is no plugin name (a-z, 0-9, '.', '_', '-')");
  if (!is_abi(manifest.abi)) return reader.wrong("abi", "expected MAJOR.MINOR such as 1.0, found '" + manifest.abi + "'");
  if (manifest.library.front() != '/' && manifest.library.find('/') != std::string::npos)
    return reader.wrong("library", "expected a file name or an absolute path, found '" + manifest.library + "'");
  manifest.library_path = library_candidates(manifest).front();
  return manifest;
}

std::vector<std::string> library_candidates(const Manifest& manifest) {
  if (manifest.library.front() == '/') return {manifest.library};
  const std::filesystem::path directory = std::filesystem::path(manifest.path).parent_path();
  return {(directory.parent_path() / "plugins" / manifest.library).string(), (directory / manifest.library).string()};
}

}  // namespace lxcx::core
