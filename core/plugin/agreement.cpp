// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/agreement.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/plugin/proxies.hpp"

namespace lxcx::core {

namespace {

// In the order of lxcx_event_id.
constexpr std::array<std::string_view, LXCX_EVENT_COUNT> event_names{"pre-start", "pre-mount", "mount",  "autodev",   "start-host",
                                                                     "start",     "running",   "stop",   "post-stop", "create",
                                                                     "clone",     "destroy",   "net-up", "net-down"};

std::string version_text(unsigned major, unsigned minor) { return std::to_string(major) + "." + std::to_string(minor); }

template <class Ops>
std::vector<std::string_view> missing_in(const void* ops) {
  return missing_verbs(*static_cast<const Ops*>(ops));
}

std::vector<std::string_view> missing_of(Kind kind, const void* ops) {
  switch (kind) {
    case Kind::storage: return missing_in<lxcx_storage_ops>(ops);
    case Kind::network: return missing_in<lxcx_network_ops>(ops);
    case Kind::template_: return missing_in<lxcx_template_ops>(ops);
    case Kind::security: return missing_in<lxcx_security_ops>(ops);
    case Kind::hook: return missing_in<lxcx_hook_ops>(ops);
  }
  return {};
}

/// A capability that a manifest declares and a table can prove.
struct Provable {
  Kind kind;
  std::string_view capability;
  std::string_view verb;
  bool (*is_there)(const void* ops);
};
constexpr std::array provable{
    Provable{Kind::storage, "snapshot", "snapshot",
             [](const void* ops) { return has_verb(*static_cast<const lxcx_storage_ops*>(ops), &lxcx_storage_ops::snapshot); }},
    Provable{Kind::storage, "copy", "copy",
             [](const void* ops) { return has_verb(*static_cast<const lxcx_storage_ops*>(ops), &lxcx_storage_ops::copy); }},
    Provable{Kind::storage, "usage", "usage",
             [](const void* ops) { return has_verb(*static_cast<const lxcx_storage_ops*>(ops), &lxcx_storage_ops::usage); }},
    Provable{Kind::storage, "detect", "detect",
             [](const void* ops) { return has_verb(*static_cast<const lxcx_storage_ops*>(ops), &lxcx_storage_ops::detect); }},
    Provable{Kind::network, "statistics", "statistics",
             [](const void* ops) { return has_verb(*static_cast<const lxcx_network_ops*>(ops), &lxcx_network_ops::statistics); }},
    Provable{Kind::security, "unload", "unload",
             [](const void* ops) { return has_verb(*static_cast<const lxcx_security_ops*>(ops), &lxcx_security_ops::unload); }},
};

void compare_events(const Manifest& manifest, const void* ops, std::vector<std::string>& differences) {
  std::vector<std::string> unknown;
  const std::uint64_t expected = event_bits(manifest.events, unknown);
  for (const std::string& name : unknown) differences.push_back("events: '" + name + "' is no event of this lxcx");
  const std::uint64_t found = static_cast<const lxcx_hook_ops*>(ops)->events;
  for (std::size_t i = 0; i < event_names.size(); ++i) {
    const bool in_manifest = (expected >> i & 1) != 0, in_library = (found >> i & 1) != 0;
    if (in_manifest != in_library)
      differences.push_back("events: '" + std::string(event_names[i]) + "' is in the " + (in_manifest ? "manifest" : "library") + " only");
  }
}

}  // namespace

std::uint64_t event_bits(const std::vector<std::string>& names, std::vector<std::string>& unknown) {
  std::uint64_t bits = 0;
  for (const std::string& name : names) {
    const auto it = std::ranges::find(event_names, name);
    if (it == event_names.end()) {
      unknown.push_back(name);
    } else {
      bits |= std::uint64_t{1} << (it - event_names.begin());
    }
  }
  return bits;
}

Result<void> check_abi(unsigned major, unsigned minor, const std::string& who) {
  const std::string ours = version_text(LXCX_ABI_MAJOR, LXCX_ABI_MINOR), theirs = version_text(major, minor);
  const std::string message = who + ": plugin interface " + theirs + ", this lxcx offers " + ours;
  if (major < LXCX_ABI_MAJOR)
    return fail(Code::plugin, message + " (the major versions differ)", "rebuild the plugin with this lxcx's SDK, or install a newer version of it");
  if (major > LXCX_ABI_MAJOR)
    return fail(Code::plugin, message + " (the major versions differ)",
                "upgrade lxcx, or install a version of the plugin made for interface " + ours);
  if (minor > LXCX_ABI_MINOR)
    return fail(Code::plugin, message + " (the plugin's is newer)", "upgrade lxcx, or rebuild the plugin with this lxcx's SDK");
  return {};
}

Result<void> check_abi(const Manifest& manifest) {
  const std::vector<std::string> parts = split(manifest.abi, '.');
  const auto number = [&](std::size_t i) { return static_cast<unsigned>(parse_integer(parts.at(i)).value_or(0)); };
  return check_abi(number(0), number(1), "manifest '" + manifest.path + "'");
}

Result<void> check_descriptor(const lxcx_plugin_descriptor& descriptor, const std::string& library) {
  const std::string who = "library '" + library + "'";
  const std::string defect = "this is a defect of the plugin: rebuild it with LXCX_PLUGIN(…) or lxcx/abi.h";
  if (descriptor.size < sizeof(lxcx_plugin_descriptor)) {
    return fail(Code::plugin,
                who + ": its descriptor is " + std::to_string(descriptor.size) + " bytes, expected at least " +
                    std::to_string(sizeof(lxcx_plugin_descriptor)),
                defect);
  }
  LXCX_CHECK(check_abi(descriptor.abi_major, descriptor.abi_minor, who));
  for (const char* text : {descriptor.kind, descriptor.name, descriptor.version, descriptor.summary, descriptor.license})
    if (text == nullptr) return fail(Code::plugin, who + ": its descriptor has a null text", defect);
  const Result<Kind> kind = parse_kind(descriptor.kind);
  if (!kind) return fail(Code::plugin, who + ": its descriptor's kind is '" + escape_line(descriptor.kind) + "'", kind.error().hint);
  if (descriptor.ops == nullptr) return fail(Code::plugin, who + ": its descriptor has no table of verbs", defect);
  const std::vector<std::string_view> missing = missing_of(*kind, descriptor.ops);
  if (missing.empty()) return {};
  return fail(Code::plugin,
              who + ": its table lacks the verb" + (missing.size() > 1 ? "s " : " ") + join({missing.begin(), missing.end()}, ", ") +
                  ", which every " + std::string(kind_name(*kind)) + " plugin has",
              defect);
}

Result<void> check_agreement(const Manifest& manifest, const lxcx_plugin_descriptor& descriptor) {
  std::vector<std::string> differences;
  const auto compare = [&](std::string_view field, std::string_view expected, std::string_view found) {
    if (expected == found) return;
    differences.push_back(std::string(field) + ": the manifest says '" + std::string(expected) + "', the library '" + escape_line(found) + "'");
  };
  const Result<Kind> kind = parse_kind(descriptor.kind);
  compare("kind", kind_name(manifest.kind), kind ? kind_name(*kind) : std::string_view(descriptor.kind));
  compare("name", manifest.name, descriptor.name);
  compare("version", manifest.version, descriptor.version);
  compare("abi", manifest.abi, version_text(descriptor.abi_major, descriptor.abi_minor));
  if (kind && *kind == manifest.kind) {
    for (const Provable& each : provable)
      if (each.kind == manifest.kind && manifest.has(each.capability) && !each.is_there(descriptor.ops))
        differences.push_back("capabilities: the manifest says '" + std::string(each.capability) + "', the library has no verb '" +
                              std::string(each.verb) + "'");
    if (manifest.kind == Kind::hook) compare_events(manifest, descriptor.ops, differences);
  }
  if (differences.empty()) return {};
  Error error;
  error.code = Code::plugin;
  error.message = "manifest '" + manifest.path + "' and library '" + manifest.library_path + "' disagree: " + join(differences, "; ");
  error.hint = "install the manifest that came with the library, or rebuild both together";
  return std::unexpected(std::move(error));
}

}  // namespace lxcx::core
