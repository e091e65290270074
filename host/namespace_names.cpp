// SPDX-License-Identifier: Apache-2.0
#include "host/namespace_names.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"

namespace lxcx::host {
namespace {

struct NamespaceName {
  std::string_view lxc, proc;
  core::Namespace which;
};
constexpr std::array<NamespaceName, 8> namespaces{{
    {"MOUNT", "mnt", core::Namespace::mnt},
    {"PID", "pid", core::Namespace::pid},
    {"UTSNAME", "uts", core::Namespace::uts},
    {"IPC", "ipc", core::Namespace::ipc},
    {"USER", "user", core::Namespace::user},
    {"NETWORK", "net", core::Namespace::net},
    {"CGROUP", "cgroup", core::Namespace::cgroup},
    {"TIME", "time", core::Namespace::time},
}};

}  // namespace

Result<unsigned> parse_namespaces(const std::string& text) {
  unsigned bits = 0;
  for (const std::string& word : core::split(text, '|')) {
    const auto found = std::ranges::find_if(
        namespaces, [&](const NamespaceName& n) { return core::equal_ignoring_case(n.lxc, word) || core::equal_ignoring_case(n.proc, word); });
    if (found == namespaces.end())
      return fail(Code::usage, "--namespaces: there is no namespace '" + word + "'",
                  "they are MOUNT, PID, UTSNAME, IPC, USER, NETWORK, CGROUP and TIME");
    bits |= core::namespace_bit(found->which);
  }
  if (bits == 0) return fail(Code::usage, "--namespaces: none was named");
  return bits;
}

}  // namespace lxcx::host
