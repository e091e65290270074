// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/devices.hpp"

#include <charconv>
#include <cstdint>

#include "net-common/random.hpp"

namespace lxcx::net::service {
namespace {

constexpr std::string_view alias_prefix = "lxcx-user:";
constexpr uid_t greatest_named_uid = 65536;  // above, the id and four random characters do not fit into IFNAMSIZ

std::string name_prefix(uid_t uid) { return uid > 0 && uid <= greatest_named_uid ? "veth" + std::to_string(uid) + "_" : std::string(); }

std::string_view account_name(std::string_view bridge) { return bridge.empty() ? "none" : bridge; }

bool is_of(const Link& link, uid_t uid, std::string_view bridge) {
  if (link.kind != "veth") return false;
  if (const std::optional<Account> account = account_of(link.alias)) return account->uid == uid && account->bridge == account_name(bridge);
  const std::string prefix = name_prefix(uid);
  return !prefix.empty() && link.name.starts_with(prefix);
}

}  // namespace

std::string alias_of(const Account& account, unsigned index, std::string_view container) {
  return std::string(alias_prefix) + std::to_string(account.uid) + ":" + std::string(account_name(account.bridge)) + ":" + std::to_string(index) +
         ":" + std::string(container);
}

std::optional<Account> account_of(std::string_view alias) {
  if (!alias.starts_with(alias_prefix)) return std::nullopt;
  alias.remove_prefix(alias_prefix.size());
  std::uint32_t uid = 0;
  const auto [end, error] = std::from_chars(alias.data(), alias.data() + alias.size(), uid);
  if (error != std::errc{} || end == alias.data() + alias.size() || *end != ':') return std::nullopt;
  alias.remove_prefix(static_cast<std::size_t>(end - alias.data()) + 1);
  const std::size_t colon = alias.find(':');
  if (colon == alias.npos || colon == 0) return std::nullopt;
  return Account{uid, std::string(alias.substr(0, colon))};
}

std::string host_name_for(uid_t uid) {
  const std::string prefix = name_prefix(uid);
  return prefix.empty() ? random_name("veth") : random_name(prefix, 4);
}

std::vector<Link> devices_of(std::vector<Link> all, uid_t uid, std::string_view bridge) {
  std::erase_if(all, [&](const Link& link) { return !is_of(link, uid, bridge); });
  return all;
}

}  // namespace lxcx::net::service
