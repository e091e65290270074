// SPDX-License-Identifier: Apache-2.0
// The plugin under examination, and how its verbs are called: always with a look at the world before and after.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/plugin/host_call.hpp"
#include "core/plugin/manifest.hpp"
#include "core/plugin/proxies.hpp"
#include "journal.hpp"
#include "requirement.hpp"
#include "world.hpp"

namespace lxcx::conformance {

struct Options {
  std::string library;        ///< absolute
  std::string manifest_path;  ///< empty: none was found
  std::vector<core::Setting> settings;
  std::vector<std::string> template_args;
  std::string only;           ///< one requirement's id
  std::string scratch;        ///< a directory to work in instead of a tmpfs
  bool json = false;
  bool strict = false;        ///< a skip is a failure, but for those in may_skip
  std::vector<std::string> may_skip;
  int timeout_s = 60;
};

class Subject {
 public:
  explicit Subject(Options given) : options(std::move(given)) {}

  Options options;
  std::optional<core::Manifest> manifest;
  const lxcx_plugin_descriptor* descriptor = nullptr;
  core::Kind kind = core::Kind::storage;
  std::string scratch;   ///< an empty directory of this check's own
  bool is_real_root = true;

  /// Reads the manifest and says what kind of plugin it is; loads nothing. Errors: plugin.
  Result<void> identify();
  /// Loads the library into this process.
  Result<void> load();

  template <class Ops>
  const Ops& table() const {
    return *static_cast<const Ops*>(descriptor->ops);
  }
  bool declares(std::string_view setting) const { return manifest && manifest->declares(setting); }
  bool has(std::string_view capability) const { return manifest && manifest->has(capability); }
  bool is_given(std::string_view setting) const;

  /// What every verb must keep and one did not, found along the way: "attach: fd 7 is new (…)".
  std::vector<std::string> violations;
  /// Verbs that failed without a hint.
  std::vector<std::string> hintless;
  std::atomic<bool> cancelled = false;
};

/// One call. `changes` replace settings of the same key.
struct CallOptions {
  Journal* journal = nullptr;
  std::vector<core::Setting> changes = {};
};

/// Runs a verb, and notes what it left different in the process and whether its error has a hint. `body` gets the call and the HostCall.
/// What it returns may hold an fd, which `fd_of` tells.
template <class Body, class FdOf>
auto run_verb(Subject& subject, const std::string& verb, const CallOptions& how, Body body, FdOf fd_of) {
  const World before = World::take();
  auto outcome = [&] {
    core::HostCall::Inputs inputs;
    inputs.who = std::string(core::kind_name(subject.kind)) + " '" + subject.descriptor->name + "'";
    inputs.settings = how.changes;
    for (const core::Setting& each : subject.options.settings) {
      bool is_changed = false;
      for (const core::Setting& change : how.changes) is_changed = is_changed || change.key == each.key;
      if (!is_changed) inputs.settings.push_back(each);
    }
    inputs.records = how.journal;
    inputs.cancelled = &subject.cancelled;
    core::HostCall host(std::move(inputs));
    Call call = host.call();
    return body(call, host);
  }();
  for (const std::string& change : before.changes_until_now(fd_of(outcome))) subject.violations.push_back(verb + ": " + change);
  // Who has cancelled needs no advice.
  if (!outcome && outcome.error().hint.empty() && outcome.error().code != Code::cancelled)
    subject.hintless.push_back(verb + ": " + outcome.error().message);
  return outcome;
}

template <class Body>
auto run_verb(Subject& subject, const std::string& verb, const CallOptions& how, Body body) {
  return run_verb(subject, verb, how, body, [](const auto&) { return -1; });
}

/// A plugin's error as an objection: a skip where this machine or this user cannot do it, else a failure.
Objection objection_of(const Subject& subject, const Error& error, const std::string& what);

template <class T>
Expected<T> worked(const Subject& subject, Result<T> result, const std::string& what) {
  if (!result) return std::unexpected(objection_of(subject, result.error(), what));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace lxcx::conformance
