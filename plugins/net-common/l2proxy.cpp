// SPDX-License-Identifier: Apache-2.0
#include "net-common/l2proxy.hpp"

#include <charconv>

#include "net-common/route.hpp"
#include "net-common/sysctl.hpp"

namespace lxcx::net {
namespace {

constexpr std::string_view record_key = "l2proxy";  // "IFINDEX ADDRESS ADDRESS …"

Result<void> need_sysctl(const Nic& nic, Family family, const std::string& device, std::string_view key) {
  LXCX_TRY(value, read_device_sysctl(family, device, key));
  if (value == 1) return {};
  const std::string name = std::string("net.") + (family == Family::ipv4 ? "ipv4" : "ipv6") + ".conf." + device + "." + std::string(key);
  return fail(Code::config, key_of(nic, "l2proxy") + ": it needs " + name + " = 1 on this host", "sysctl -w " + name + "=1");
}

/// The words of a record or list.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    all.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

}  // namespace

Result<void> check_l2proxy(const Nic& nic, const DeviceSettings& settings) {
  if (!settings.l2proxy) return {};
  if (settings.link.empty())
    return fail(Code::config, key_of(nic, "l2proxy") + ": there is no link that could answer for the container", "set " + key_of(nic, "link"));
  if (settings.has(Family::ipv4)) LXCX_CHECK(need_sysctl(nic, Family::ipv4, settings.link, "forwarding"));
  if (!settings.has(Family::ipv6)) return {};
  LXCX_CHECK(need_sysctl(nic, Family::ipv6, settings.link, "proxy_ndp"));
  return need_sysctl(nic, Family::ipv6, settings.link, "forwarding");
}

Result<void> connect_l2proxy(Call& call, Netlink& host, const Link& link, const DeviceSettings& settings) {
  if (!settings.l2proxy) return {};
  // What an earlier connect recorded stays recorded: those entries are ours although they are there by now.
  const std::string before(call.recall(record_key));
  std::string record = before.empty() ? std::to_string(link.index) : before;
  std::vector<IpAddress> missing;
  for (const InterfaceAddress& address : settings.addresses) {
    LXCX_TRY(is_there, has_proxy(host, link, address.subnet.ip));
    if (is_there) continue;
    missing.push_back(address.subnet.ip);
    record += " " + address.subnet.ip.text();
  }
  if (record != before) LXCX_CHECK(call.record(record_key, record));
  for (const IpAddress& ip : missing) LXCX_CHECK(add_proxy(host, link, ip));
  return {};
}

Result<void> disconnect_l2proxy(Call& call, Netlink& host) {
  const std::vector<std::string> recorded = words(call.recall(record_key));
  if (recorded.empty()) return {};
  Link link;
  std::from_chars(recorded[0].data(), recorded[0].data() + recorded[0].size(), link.index);
  LXCX_TRY(found, find_link(host, link.index));
  if (!found) return {};  // the entries went with it
  for (std::size_t i = 1; i < recorded.size(); ++i) {
    const Family family = recorded[i].find(':') == std::string::npos ? Family::ipv4 : Family::ipv6;
    LXCX_TRY(ip, parse_ip(family, recorded[i]));
    LXCX_CHECK(delete_proxy(host, *found, ip));
  }
  return call.record(record_key, "");
}

}  // namespace lxcx::net
