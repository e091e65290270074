// SPDX-License-Identifier: Apache-2.0
// Any text as /etc/lxc/lxc-usernet: each line is one of four words, malformed, or says nothing. Any text as the alias of a device.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net-veth/service/devices.hpp"
#include "net-veth/service/usernet.hpp"

namespace {
void require(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lxcx::net::service;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Usernet usernet = parse_usernet(text);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  require(usernet.lines.size() + usernet.malformed.size() <= lines);
  for (const UsernetLine& line : usernet.lines) {
    require(!line.who.empty() && !line.who.starts_with('#') && line.who != "@" && !line.bridge.empty());
    const User user{1, line.who.starts_with('@') ? "nobody else" : line.who, {line.who.substr(1)}};
    if (line.type == "veth" && line.bridge != "none") require(allowance(usernet, user, line.bridge) >= line.count);
  }
  if (const auto account = account_of(text)) require(account_of(alias_of(*account, 0, "web")).has_value() && !account->bridge.empty());
  return 0;
}
