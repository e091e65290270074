// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/proxies.hpp"

namespace lxcx::core {

namespace {

using Ops = lxcx_security_ops;
using Verb = lxcx_code (*)(lxcx_call*, const lxcx_confinement*);

Result<void> run(Verb verb, Call& call, const Confinement& confinement) {
  lxcx_confinement c{};
  c.size = sizeof c;
  c.container = lower(confinement.container);
  c.directory = lower(confinement.directory);
  c.idmap = confinement.idmap.data();
  c.idmap_count = confinement.idmap.size();
  return HostCall::of(call).outcome(verb(call.raw(), &c));
}

class SecurityProxy : public Security {
 public:
  explicit SecurityProxy(const Ops& ops) : ops_(ops) {}
  Result<void> validate(Call& call, const Confinement& confinement) override { return run(ops_.validate, call, confinement); }
  Result<void> compile(Call& call, const Confinement& confinement) override { return run(ops_.compile, call, confinement); }

 protected:
  const Ops& ops_;
};

class UnloadingSecurityProxy final : public SecurityProxy, public Unloads {
 public:
  using SecurityProxy::SecurityProxy;
  Result<void> unload(Call& call, const Confinement& confinement) override { return run(ops_.unload, call, confinement); }
};

}  // namespace

std::unique_ptr<Security> make_proxy(const lxcx_security_ops& ops) {
  if (has_verb(ops, &Ops::unload)) return std::make_unique<UnloadingSecurityProxy>(ops);
  return std::make_unique<SecurityProxy>(ops);
}

std::vector<std::string_view> missing_verbs(const lxcx_security_ops& ops) {
  std::vector<std::string_view> missing;
  if (!has_verb(ops, &Ops::validate)) missing.emplace_back("validate");
  if (!has_verb(ops, &Ops::compile)) missing.emplace_back("compile");
  return missing;
}

}  // namespace lxcx::core
