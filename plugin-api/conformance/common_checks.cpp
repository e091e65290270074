// SPDX-License-Identifier: Apache-2.0
// P-n: what every plugin promises, whatever its kind.
#include <algorithm>
#include <array>
#include <filesystem>

#include "core/base/text.hpp"
#include "core/plugin/agreement.hpp"
#include "subject.hpp"
#include "symbols.hpp"

namespace lxcx::conformance {

namespace {

Checked exports_one_symbol(Subject& subject) {
  LXCX_TRY(names, worked(subject, exported_symbols(subject.options.library), "read the symbol table"));
  std::string others;
  bool has_descriptor = false;
  for (const std::string& name : names) {
    if (name == "lxcx_plugin") {
      has_descriptor = true;
    } else {
      others += (others.empty() ? "" : ", ") + name;
    }
  }
  LXCX_CHECK(ensure(has_descriptor, "it does not export lxcx_plugin"));
  return ensure(others.empty(), "it also exports " + others + "; link it with lxcx_add_plugin() or a version script");
}

Checked loads_and_is_whole(Subject& subject) { return worked(subject, subject.load(), "load"); }

Checked agrees_with_manifest(Subject& subject) {
  LXCX_CHECK(worked(subject, subject.load(), "load"));
  LXCX_CHECK(worked(subject, core::check_abi(*subject.manifest), "interface version"));
  LXCX_CHECK(worked(subject, core::check_agreement(*subject.manifest, *subject.descriptor), "compare"));
  LXCX_CHECK(ensure(subject.manifest->summary == subject.descriptor->summary,
                    "summary: the manifest says '" + subject.manifest->summary + "', the library '" + subject.descriptor->summary + "'"));
  return ensure(subject.manifest->license == subject.descriptor->license,
                "license: the manifest says '" + subject.manifest->license + "', the library '" + subject.descriptor->license + "'");
}

Checked manifest_is_complete(Subject& subject) {
  const core::Manifest& manifest = *subject.manifest;
  LXCX_CHECK(ensure(manifest.unknown_fields.empty(), "unknown fields, perhaps misspelt: " + core::join(manifest.unknown_fields, ", ")));
  const std::string file_name = std::filesystem::path(subject.options.library).filename().string();
  LXCX_CHECK(ensure(std::filesystem::path(manifest.library).filename() == file_name,
                    "\"library\" is '" + manifest.library + "', the file is '" + file_name + "'"));
  const std::vector<std::string> names = core::manifest_file_names(manifest.kind, manifest.name);
  const std::string own_name = std::filesystem::path(manifest.path).filename().string();
  LXCX_CHECK(
      ensure(std::ranges::find(names, own_name) != names.end(), "the file is called '" + own_name + "', lxcx looks for '" + names.front() + "'"));
  for (const core::SettingSchema& setting : manifest.settings)
    LXCX_CHECK(ensure(!setting.doc.empty(), "settings." + setting.name + " has no \"doc\""));
  return {};
}

Checked loading_changes_nothing(Subject& subject) {
  const World before = World::take();
  LXCX_CHECK(worked(subject, subject.load(), "load"));
  std::vector<std::string> changes = before.changes_until_now();
  // The fd that the library was loaded through is lxcx's, and stays.
  std::erase_if(changes,
                [&](const std::string& change) { return change.starts_with("fd ") && change.find(subject.options.library) != std::string::npos; });
  return ensure(changes.empty(), "loading: " + core::join(changes, "; "));
}

/// An error that every plugin of that kind must give.
Result<void> provoke(Subject& subject) {
  const auto call_with = [&](const std::string& what, auto body) {
    return run_verb(subject, what, {}, [&](Call& call, core::HostCall&) { return body(call); });
  };
  if (subject.kind == core::Kind::storage) {
    const auto storage = core::make_proxy(subject.table<lxcx_storage_ops>());
    const Result<int> attached =
        call_with("attach", [&](Call& call) { return storage->attach(call, Volume{"c", "/lxcx-no-such-volume", subject.scratch, {}, {}}); });
    return attached ? Result<void>{} : std::unexpected(attached.error());
  }
  if (subject.kind == core::Kind::template_) {
    const auto plugin = core::make_proxy(subject.table<lxcx_template_ops>());
    Build build;
    build.container = "c";
    build.directory = build.rootfs = subject.scratch;
    build.args = {"--lxcx-no-such-argument"};
    return call_with("build", [&](Call& call) { return plugin->build(call, build); });
  }
  return {};
}

Checked errors_have_hints(Subject& subject) {
  LXCX_CHECK(worked(subject, subject.load(), "load"));
  const Result<void> provoked = provoke(subject);
  if (provoked) return skipped("no error that every plugin of this kind must give; each error met by another requirement is checked there");
  LXCX_CHECK(ensure(!provoked.error().message.empty(), "an error without a message"));
  return ensure(!provoked.error().hint.empty(), "an error without a hint: " + provoked.error().message);
}

constexpr std::array requirements{
    Requirement{"P-1", "The library exports `lxcx_plugin` and nothing else.", exports_one_symbol},
    Requirement{"P-2", "It loads by itself, every symbol bound, and its descriptor and table of verbs are whole.", loads_and_is_whole},
    Requirement{"P-3", "Manifest and descriptor agree: kind, name, version, abi, summary, license, capabilities, events.", agrees_with_manifest},
    Requirement{"P-4", "The manifest has no unknown field, names this library, has the file name lxcx looks for, and documents every setting.",
                manifest_is_complete},
    Requirement{"P-5",
                "Loading it and calling any verb leaves the process as it was: fds, mounts, threads, child processes, working directory, umask, "
                "signal mask and "
                "handlers, ids, capabilities, namespaces, environment.",
                loading_changes_nothing},
    Requirement{"P-6", "Every error has a message, and a hint that says what to do.", errors_have_hints},
};

}  // namespace

std::span<const Requirement> common_requirements() { return requirements; }

}  // namespace lxcx::conformance
