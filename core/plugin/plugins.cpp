// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/plugins.hpp"

#include <algorithm>
#include <map>

#include "core/base/text.hpp"
#include "core/plugin/agreement.hpp"
#include "core/plugin/check.hpp"
#include "core/plugin/last_words.hpp"
#include "core/plugin/loader.hpp"
#include "core/plugin/mask.hpp"
#include "core/plugin/proxies.hpp"
#include "core/plugin/registry.hpp"

namespace lxcx::core {

namespace {

template <class Value>
using ByName = std::map<std::string, Value, std::less<>>;

bool serves(const Manifest& manifest, std::string_view scheme) {
  if (manifest.schemes.empty()) return manifest.name == scheme;
  return std::ranges::find(manifest.schemes, scheme) != manifest.schemes.end();
}

}  // namespace

struct Plugins::State {
  Kernel& kernel;
  Log& log;
  Registry registry;
  std::map<Kind, ByName<std::unique_ptr<Manifest>>> manifests;
  ByName<std::unique_ptr<Storage>> storages;
  ByName<std::unique_ptr<Network>> networks;
  ByName<std::unique_ptr<Template>> templates;
  ByName<std::unique_ptr<Security>> securities;
  ByName<std::unique_ptr<Hook>> hooks;

  Result<const Manifest*> find(Kind kind, std::string_view name) {
    auto& known = manifests[kind];
    if (const auto it = known.find(name); it != known.end()) return it->second.get();
    LXCX_TRY(manifest, registry.find(kind, name));
    auto kept = std::make_unique<Manifest>(std::move(manifest));
    const Manifest* found = kept.get();
    known.emplace(name, std::move(kept));
    return found;
  }

  Result<const lxcx_plugin_descriptor*> descriptor_of(const Manifest& manifest) {
    LXCX_CHECK(check_abi(manifest));
    Result<UniqueFd> file = registry.trust().open_path(manifest.library_path);
    if (!file && file.error().sys_errno == ENOENT) {
      return fail(Code::plugin,
                  "manifest '" + manifest.path + "' names the library '" + manifest.library + "', which is not in " +
                      join(library_candidates(manifest), " nor at "),
                  "install the plugin again");
    }
    if (!file) return std::unexpected(std::move(file).error());
    const std::string& path = manifest.library_path;
    const auto load = [&] {
      const LastWords if_it_crashes("lxcx: library '" + path + "' crashed this process while it was loaded\n  hint: `lxcx plugin check " + path +
                                    "` tries it in a process of its own; take its manifest away, or repair it\n");
      return load_library(kernel, std::move(*file), path);
    };
    LXCX_TRY(descriptor, load());
    LXCX_CHECK(check_descriptor(*descriptor, manifest.library_path));
    LXCX_CHECK(check_agreement(manifest, *descriptor));
    log.debug("loaded " + std::string(kind_name(manifest.kind)) + " plugin '" + manifest.name + "' " + manifest.version + " from " +
              manifest.library_path);
    return descriptor;
  }

  template <class Ops, class Interface>
  Result<Interface*> get(Kind kind, std::string_view name, ByName<std::unique_ptr<Interface>>& loaded) {
    if (const auto it = loaded.find(name); it != loaded.end()) return it->second.get();
    LXCX_TRY(manifest, find(kind, name));
    LXCX_TRY(descriptor, doing(descriptor_of(*manifest), "load " + std::string(kind_name(kind)) + " plugin '" + std::string(name) + "'"));
    auto proxy = make_proxy(*static_cast<const Ops*>(descriptor->ops));
    Interface* made = proxy.get();
    loaded.emplace(name, std::move(proxy));
    return made;
  }
};

Plugins::Plugins(Kernel& kernel, Log& log, const RegistryOptions& options)
    : state_(new State{kernel, log, Registry(kernel, options), {}, {}, {}, {}, {}, {}}) {}
Plugins::~Plugins() = default;

Result<const Manifest*> Plugins::find(Kind kind, std::string_view name) { return state_->find(kind, name); }
std::vector<RegistryEntry> Plugins::list() { return state_->registry.list(); }
std::vector<std::string> Plugins::directories() const { return state_->registry.directories(); }
std::vector<std::string> Plugins::asked_for() const { return state_->registry.asked_for(); }
void Plugins::search_first(const std::vector<std::string>& directories) { state_->registry.search_first(directories); }

Result<Storage*> Plugins::storage(std::string_view name) { return state_->get<lxcx_storage_ops>(Kind::storage, name, state_->storages); }
Result<Network*> Plugins::network(std::string_view name) { return state_->get<lxcx_network_ops>(Kind::network, name, state_->networks); }
Result<Template*> Plugins::templates(std::string_view name) { return state_->get<lxcx_template_ops>(Kind::template_, name, state_->templates); }
Result<Security*> Plugins::security(std::string_view name) { return state_->get<lxcx_security_ops>(Kind::security, name, state_->securities); }
Result<Hook*> Plugins::hook(std::string_view name) { return state_->get<lxcx_hook_ops>(Kind::hook, name, state_->hooks); }

Result<std::string> Plugins::storage_for_scheme(std::string_view scheme) {
  // Nearly always the plugin has the scheme's name, and one small file answers.
  const Result<const Manifest*> namesake = find(Kind::storage, scheme);
  if (namesake && serves(**namesake, scheme)) return std::string(scheme);
  if (!namesake && namesake.error().code != Code::not_found) return std::unexpected(namesake.error());
  for (const RegistryEntry& entry : list())
    if (entry.kind == Kind::storage && entry.state == "active" && serves(entry.manifest, scheme)) return entry.name;
  if (!namesake) return std::unexpected(namesake.error());
  return fail(Code::not_found, "no storage plugin serves '" + std::string(scheme) + ":'", "`lxcx plugin list` shows what is installed");
}

Result<std::string> Plugins::storage_for_source(Call& call, std::string_view source) {
  for (const RegistryEntry& entry : list()) {
    if (entry.kind != Kind::storage || entry.state != "active" || !entry.manifest.has("detect")) continue;
    LXCX_TRY(plugin, storage(entry.name));
    Detects* detects = dynamic_cast<Detects*>(plugin);
    if (detects != nullptr && detects->detect(call, source)) return entry.name;
  }
  return fail(Code::not_found, "no storage plugin recognises '" + std::string(source) + "'",
              "write its type before it, as in dir:" + std::string(source));
}

Result<std::string> Plugins::check_library(const std::string& path) { return core::check_library(state_->kernel, state_->registry.trust(), path); }

Result<void> Plugins::disable(Kind kind, std::string_view name, const std::string& directory) {
  return write_plugin_mask(state_->kernel, state_->registry, kind, name, directory);
}
Result<void> Plugins::enable(Kind kind, std::string_view name, const std::string& directory) {
  return remove_plugin_mask(state_->kernel, state_->registry, kind, name, directory);
}

}  // namespace lxcx::core
