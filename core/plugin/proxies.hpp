// SPDX-License-Identifier: Apache-2.0
// The host's side of the boundary: C tables dressed as the SDK's abstract classes. A capability that a table lacks is a base class that its
// proxy lacks, so that dynamic_cast asks for it, of proxies and of a test's own classes alike.
//
// The calls passed to a proxy must come from a HostCall.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "core/plugin/host_call.hpp"
#include "lxcx/hook.hpp"
#include "lxcx/network.hpp"
#include "lxcx/security.hpp"
#include "lxcx/storage.hpp"
#include "lxcx/template.hpp"

namespace lxcx::core {

// The tables outlive the proxies: a library is never unloaded.
std::unique_ptr<Storage> make_proxy(const lxcx_storage_ops& ops);
std::unique_ptr<Network> make_proxy(const lxcx_network_ops& ops);
std::unique_ptr<Template> make_proxy(const lxcx_template_ops& ops);
std::unique_ptr<Security> make_proxy(const lxcx_security_ops& ops);
std::unique_ptr<Hook> make_proxy(const lxcx_hook_ops& ops);

// The required verbs that a table lacks, by name; empty when it is whole.
std::vector<std::string_view> missing_verbs(const lxcx_storage_ops& ops);
std::vector<std::string_view> missing_verbs(const lxcx_network_ops& ops);
std::vector<std::string_view> missing_verbs(const lxcx_template_ops& ops);
std::vector<std::string_view> missing_verbs(const lxcx_security_ops& ops);
std::vector<std::string_view> missing_verbs(const lxcx_hook_ops& ops);

/// True when the table, as large as its author compiled it, reaches that verb and has it.
template <class Ops, class Verb>
bool has_verb(const Ops& ops, Verb Ops::* verb) {
  const auto end = reinterpret_cast<const char*>(&(ops.*verb)) - reinterpret_cast<const char*>(&ops) + static_cast<std::ptrdiff_t>(sizeof(Verb));
  return static_cast<std::ptrdiff_t>(ops.size) >= end && ops.*verb != nullptr;
}

}  // namespace lxcx::core
