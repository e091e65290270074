// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/proxies.hpp"

namespace lxcx::core {

namespace {

using Ops = lxcx_template_ops;

class TemplateProxy final : public Template {
 public:
  explicit TemplateProxy(const Ops& ops) : ops_(ops) {}
  Result<void> build(Call& call, const Build& build) override { return run(ops_.build, call, build); }
  Result<void> options(Call& call, const Build& build) override { return run(ops_.options, call, build); }

 private:
  static Result<void> run(lxcx_code (*verb)(lxcx_call*, const lxcx_build*), Call& call, const Build& build) {
    std::vector<lxcx_str> args;
    for (const std::string_view arg : build.args) args.push_back(lower(arg));
    lxcx_build b{};
    b.size = sizeof b;
    b.container = lower(build.container);
    b.directory = lower(build.directory);
    b.rootfs = lower(build.rootfs);
    b.config_path = lower(build.config_path);
    b.idmap = build.idmap.data();
    b.idmap_count = build.idmap.size();
    b.args = args.data();
    b.arg_count = args.size();
    return HostCall::of(call).outcome(verb(call.raw(), &b));
  }
  const Ops& ops_;
};

}  // namespace

std::unique_ptr<Template> make_proxy(const lxcx_template_ops& ops) { return std::make_unique<TemplateProxy>(ops); }

std::vector<std::string_view> missing_verbs(const lxcx_template_ops& ops) {
  std::vector<std::string_view> missing;
  if (!has_verb(ops, &Ops::build)) missing.emplace_back("build");
  if (!has_verb(ops, &Ops::options)) missing.emplace_back("options");
  return missing;
}

}  // namespace lxcx::core
