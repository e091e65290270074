// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/proxies.hpp"

namespace lxcx::core {

namespace {

using Ops = lxcx_hook_ops;

std::vector<lxcx_str> lower_list(const std::vector<std::string_view>& texts) {
  std::vector<lxcx_str> all;
  all.reserve(texts.size());
  for (const std::string_view text : texts) all.push_back(lower(text));
  return all;
}

class HookProxy final : public Hook {
 public:
  explicit HookProxy(const Ops& ops) : ops_(ops) {}
  Result<void> run(Call& call, const Event& event) override { return tell(ops_.run, call, event); }
  Result<void> validate(Call& call, const Event& event) override {
    if (!has_verb(ops_, &Ops::validate)) return {};
    return tell(ops_.validate, call, event);
  }

 private:
  static Result<void> tell(lxcx_code (*verb)(lxcx_call*, const lxcx_event*), Call& call, const Event& event) {
    const std::vector<lxcx_str> args = lower_list(event.args), environment = lower_list(event.environment);
    lxcx_event e{};
    e.size = sizeof e;
    e.id = event.id;
    e.name = lower(event.name);
    e.section = lower(event.section);
    e.container = lower(event.container);
    e.lxcpath = lower(event.lxcpath);
    e.config_path = lower(event.config_path);
    e.rootfs_path = lower(event.rootfs_path);
    e.rootfs_mount = lower(event.rootfs_mount);
    e.target = lower(event.target);
    e.pid = event.pid;
    e.nic_index = event.nic_index;
    e.hook_version = event.hook_version;
    e.args = args.data();
    e.arg_count = args.size();
    e.environment = environment.data();
    e.environment_count = environment.size();
    return HostCall::of(call).outcome(verb(call.raw(), &e));
  }
  const Ops& ops_;
};

}  // namespace

std::unique_ptr<Hook> make_proxy(const lxcx_hook_ops& ops) { return std::make_unique<HookProxy>(ops); }

std::vector<std::string_view> missing_verbs(const lxcx_hook_ops& ops) {
  std::vector<std::string_view> missing;
  if (!has_verb(ops, &Ops::run)) missing.emplace_back("run");
  return missing;
}

}  // namespace lxcx::core
