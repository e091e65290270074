// SPDX-License-Identifier: Apache-2.0
// Capabilities, namespaces, id maps, time offsets, and the keys of security plugins.
#include <algorithm>
#include <limits>

#include "core/base/text.hpp"
#include "core/config/apply.hpp"
#include "core/config/diagnostics.hpp"
#include "core/config/names.hpp"

namespace lxcx::core {
namespace {

constexpr std::int64_t highest_capability = 63;  // the kernel keeps them in 64 bits; the start knows how many it has

std::optional<int> take_capability(Draft& draft, std::string_view token) {
  if (const std::optional<int> number = capability_number(token)) return number;
  if (const Checked<std::uint64_t> number = parse_unsigned(token, highest_capability)) return static_cast<int>(*number);
  std::string bare(token);
  std::ranges::transform(bare, bare.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (bare.starts_with("cap_")) bare.erase(0, 4);
  const std::string_view near = capability_number(bare) ? std::string_view(bare) : nearest(bare, capability_names());
  draft.reject(token, shown(token) + " is no capability",
               near.empty() ? "names as in capabilities(7), in lower case and without CAP_" : "did you mean " + std::string(near) + "?");
  return std::nullopt;
}

/// The words of a value, up to a '#' that was meant to begin a comment: one error says so, instead of one for each word after it.
std::vector<std::string_view> words_before_comment(Draft& draft, std::string_view value) {
  std::vector<std::string_view> found = words(value);
  const auto comment = std::ranges::find_if(found, [](std::string_view word) { return word.starts_with('#'); });
  if (comment != found.end()) draft.reject(*comment, "a comment needs a line of its own; here it is part of the value", "move it to the line above");
  found.erase(comment, found.end());
  return found;
}

void add_once(std::vector<int>& capabilities, int capability) {
  if (std::ranges::find(capabilities, capability) == capabilities.end()) capabilities.push_back(capability);
}

std::optional<Namespace> namespace_by_name(std::string_view name) {
  if (name == "mount") name = "mnt";
  const auto found = std::ranges::find(namespace_names, name);
  if (found == namespace_names.end()) return std::nullopt;
  return static_cast<Namespace>(found - namespace_names.begin());
}

std::string namespace_hint() { return "one of " + one_of({namespace_names.begin(), namespace_names.end()}); }

void add_namespaces(Draft& draft, const Assignment& a, unsigned& bits) {
  for (const std::string_view word : words_before_comment(draft, a.value)) {
    if (const auto found = namespace_by_name(word)) {
      bits |= namespace_bit(*found);
    } else {
      draft.reject(word, shown(word) + " is no namespace", namespace_hint());
    }
  }
}

struct TimeUnit {
  std::string_view name;
  std::int64_t factor;
  bool is_seconds;  ///< sets the seconds; the others set the nanoseconds
};
constexpr TimeUnit time_units[] = {{"h", 3600, true}, {"m", 60, true}, {"s", 1, true}, {"ms", 1000000, false}, {"us", 1000, false}, {"ns", 1, false}};

void set_time_offset(Draft& draft, const Assignment& a, std::int64_t& seconds, std::int64_t& nanoseconds) {
  const std::string_view unsigned_value = a.value.substr(a.value.starts_with('+') ? 1 : 0);
  const std::size_t digits_end = std::min(unsigned_value.find_first_not_of("-0123456789"), unsigned_value.size());
  const std::string_view unit_text = trim(unsigned_value.substr(digits_end));
  const auto unit = std::ranges::find(time_units, unit_text, &TimeUnit::name);
  const std::string hint = "a number and its unit: h, m, s, ms, us or ns";
  if (unit == std::end(time_units)) return draft.reject(a.value, shown(a.value) + (unit_text.empty() ? " has no unit" : " is no time"), hint);
  const std::int64_t limit = std::numeric_limits<std::int64_t>::max() / unit->factor;
  const Result<std::int64_t> number = parse_integer(unsigned_value.substr(0, digits_end));
  if (!number) return draft.reject(a.value, shown(a.value) + " is no time", hint);
  if (*number > limit || *number < -limit) return draft.reject(a.value, shown(a.value) + " is too large a time");
  (unit->is_seconds ? seconds : nanoseconds) = *number * unit->factor;
}

}  // namespace

void apply_cap_drop(Draft& draft, const Assignment& a) {
  for (const std::string_view token : words_before_comment(draft, a.value)) {
    if (token == "none") {
      draft.reject(token, "'none' has a meaning in lxc.cap.keep only", "to drop nothing, leave lxc.cap.drop empty");
    } else if (const auto capability = take_capability(draft, token)) {
      add_once(draft.config.cap_drop, *capability);
    }
  }
}

void apply_cap_keep(Draft& draft, const Assignment& a) {
  if (!draft.config.cap_keep) draft.config.cap_keep.emplace();
  for (const std::string_view token : words_before_comment(draft, a.value)) {
    if (token == "none") {
      draft.config.cap_keep->clear();
    } else if (const auto capability = take_capability(draft, token)) {
      add_once(*draft.config.cap_keep, *capability);
    }
  }
}

void apply_namespace_clone(Draft& draft, const Assignment& a) { add_namespaces(draft, a, draft.config.namespaces_clone); }
void apply_namespace_keep(Draft& draft, const Assignment& a) { add_namespaces(draft, a, draft.config.namespaces_keep); }

void apply_namespace_share(Draft& draft, const Assignment& a) {
  const std::optional<Namespace> ns = namespace_by_name(a.name);
  if (!ns) return draft.reject(a.key, shown(a.name) + " is no namespace", namespace_hint());
  draft.config.namespaces_share[static_cast<std::size_t>(*ns)] = a.setting();
}

void apply_time_boot(Draft& draft, const Assignment& a) {
  set_time_offset(draft, a, draft.config.boottime_offset_s, draft.config.boottime_offset_ns);
}
void apply_time_monotonic(Draft& draft, const Assignment& a) {
  set_time_offset(draft, a, draft.config.monotonic_offset_s, draft.config.monotonic_offset_ns);
}

void apply_idmap(Draft& draft, const Assignment& a) {
  const std::vector<std::string_view> fields = words(a.value);
  const std::string hint = "KIND CONTAINER-ID HOST-ID RANGE, with u (users) or g (groups) for the kind, as in 'u 0 100000 65536'";
  if (fields.size() != 4) return draft.reject(a.value, shown(a.value) + " is no id map", hint);
  if (fields[0] != "u" && fields[0] != "g") return draft.reject(fields[0], shown(fields[0]) + " is no kind of id", hint);
  std::uint32_t numbers[3] = {};
  for (std::size_t i = 0; i < 3; ++i) {
    const Checked<std::uint64_t> number = parse_unsigned(fields[i + 1], std::numeric_limits<std::uint32_t>::max());
    if (!number) return draft.reject(fields[i + 1], number.error().message, hint);
    numbers[i] = static_cast<std::uint32_t>(*number);
  }
  const auto [container_id, host_id, range] = numbers;
  if (range == 0) return draft.reject(fields[3], "the range is empty", hint);
  // (uid_t)-1 means "no user" in system calls; user_namespaces(7) refuses a map that reaches it.
  const auto reaches_past_end = [&](std::uint64_t first) { return first + range > std::numeric_limits<std::uint32_t>::max(); };
  if (reaches_past_end(container_id) || reaches_past_end(host_id)) return draft.reject(fields[3], "the map goes past the last id, 4294967294", hint);
  draft.config.idmap.push_back({static_cast<std::uint32_t>(fields[0][0]), container_id, host_id, range});
}

void apply_plugin_text(Draft& draft, const Assignment& a) { draft.config.plugin_settings.push_back(a.setting()); }

void apply_plugin_setting(Draft& draft, const Assignment& a) {
  const std::size_t dot = a.name.find('.');
  if (dot == 0 || dot == a.name.npos || dot + 1 == a.name.size())
    return draft.reject(a.key, shown(a.key) + " lacks the plugin or its setting",
                        "write " + std::string(a.key.substr(0, a.key.find('.', 5))) + ".PLUGIN.SETTING");
  apply_plugin_text(draft, a);
}

void apply_plugin_bool(Draft& draft, const Assignment& a) {
  if (draft.take(parse_bool(a.value))) draft.config.plugin_settings.push_back(a.setting());
}

void apply_seccomp_proxy(Draft& draft, const Assignment& a) {
  if (!a.value.starts_with("unix:/") && !a.value.starts_with("unix:@"))
    return draft.reject(a.value, shown(a.value) + " is no address of a proxy", "unix:/PATH, or unix:@NAME for an abstract socket");
  draft.config.plugin_settings.push_back(a.setting());
}

}  // namespace lxcx::core
