// SPDX-License-Identifier: Apache-2.0
// H-n: a hook told of every event it asked for.
#include <unistd.h>

#include <array>

#include "core/plugin/agreement.hpp"
#include "subject.hpp"
#include "tree.hpp"

namespace lxcx::conformance {

namespace {

class HookBench {
 public:
  explicit HookBench(Subject& subject) : subject_(subject), hook_(core::make_proxy(subject.table<lxcx_hook_ops>())) {
    write_file(subject.scratch + "/config", "lxc.uts.name = lxcx-check\n");
  }

  Result<void> validate(std::vector<core::Setting> changes = {}) {
    return run_verb(subject_, "validate", {nullptr, std::move(changes)},
                    [&](Call& call, core::HostCall&) { return hook_->validate(call, event_for("pre-start")); });
  }
  Result<void> tell(const Event& event) {
    return run_verb(subject_, "run at " + std::string(event.name), {}, [&](Call& call, core::HostCall&) { return hook_->run(call, event); });
  }
  /// As lxcx fills it in for that event.
  Event event_for(const std::string& manifest_name) {
    std::vector<std::string> unknown;
    const std::uint64_t bits = core::event_bits({manifest_name}, unknown);
    Event event;
    while (bits != 0 && bits >> event.id != 1) event.id = static_cast<lxcx_event_id>(event.id + 1);
    name_ = manifest_name;
    config_ = subject_.scratch + "/config";
    const bool is_device = name_.starts_with("net-");
    event.name = is_device ? std::string_view(name_).substr(4) : std::string_view(name_);
    event.section = is_device ? "net" : "lxc";
    event.container = "lxcx-check";
    event.lxcpath = subject_.scratch;
    event.config_path = config_;
    event.rootfs_path = event.rootfs_mount = subject_.scratch;
    if (name_ == "stop" || name_ == "post-stop") event.target = "stop";
    if (event.id >= LXCX_EVENT_START_HOST && event.id <= LXCX_EVENT_STOP) event.pid = ::getpid();
    event.environment = {"LXC_NAME=lxcx-check", "LXC_HOOK_VERSION=0"};
    return event;
  }

 private:
  Subject& subject_;
  std::unique_ptr<Hook> hook_;
  std::string name_, config_;
};

Checked validates(Subject& subject) {
  HookBench bench(subject);
  LXCX_CHECK(worked(subject, bench.validate(), "validate"));
  return worked(subject, bench.validate(), "a second validate");
}

Checked runs_at_its_events(Subject& subject) {
  HookBench bench(subject);
  LXCX_CHECK(ensure(!subject.manifest->events.empty(), "the manifest's \"events\" names none: the hook would never run"));
  for (const std::string& name : subject.manifest->events) LXCX_CHECK(worked(subject, bench.tell(bench.event_for(name)), "run at " + name));
  return {};
}

Checked runs_twice(Subject& subject) {
  HookBench bench(subject);
  for (const std::string& name : subject.manifest->events) {
    const Event event = bench.event_for(name);
    LXCX_CHECK(worked(subject, bench.tell(event), "run at " + name));
    LXCX_CHECK(worked(subject, bench.tell(event), "run at " + name + " again, as for the next container"));
  }
  return {};
}

Checked bears_empty_events(Subject& subject) {
  HookBench bench(subject);
  for (const std::string& name : subject.manifest->events) {
    const Event full = bench.event_for(name);
    Event bare;
    bare.id = full.id;
    bare.name = full.name;
    bare.section = full.section;
    bare.container = full.container;
    // It may well refuse. It must come back.
    (void)bench.tell(bare);
  }
  return {};
}

Checked refuses_what_cannot_work(Subject& subject) {
  HookBench bench(subject);
  bool asked = false;
  for (const core::SettingSchema& setting : subject.manifest->settings) {
    std::string bad;
    if (setting.type == "path") bad = "lxcx/not/absolute";
    if (setting.type == "boolean") bad = "lxcx-neither";
    if (setting.type == "integer" || setting.type == "size") bad = "lxcx-no-number";
    if (bad.empty()) continue;
    asked = true;
    LXCX_CHECK(ensure(!bench.validate({{setting.name, bad, {}}}), "validate accepts " + setting.name + " = " + bad));
  }
  if (!asked) return skipped("it declares no setting with a value that is wrong for certain");
  return {};
}

Checked honours_cancellation(Subject& subject) {
  HookBench bench(subject);
  subject.cancelled = true;
  for (const std::string& name : subject.manifest->events) {
    const Result<void> told = bench.tell(bench.event_for(name));
    LXCX_CHECK(ensure(told || told.error().code == Code::cancelled,
                      told ? "" : "run at " + name + " of a cancelled call fails, and not as `cancelled`: " + told.error().message));
  }
  return {};
}

constexpr std::array requirements{
    Requirement{"H-1", "validate accepts settings that work, any number of times.", validates},
    Requirement{"H-2", "run succeeds at every event that the manifest names.", runs_at_its_events},
    Requirement{"H-3", "run at the same event again succeeds again.", runs_twice},
    Requirement{"H-4", "An event whose optional texts are empty and whose pid is 0 crashes nothing.", bears_empty_events},
    Requirement{"H-5", "A cancelled run has finished, or fails as `cancelled`.", honours_cancellation},
    Requirement{"H-6", "validate refuses settings that cannot work, with a hint: a path that is not absolute, a malformed number or boolean.",
                refuses_what_cannot_work},
};

}  // namespace

std::span<const Requirement> hook_requirements() { return requirements; }

}  // namespace lxcx::conformance
