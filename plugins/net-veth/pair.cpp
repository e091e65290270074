// SPDX-License-Identifier: Apache-2.0
#include "net-veth/pair.hpp"

#include <chrono>
#include <thread>

#include "net-common/random.hpp"
#include "net-veth/pair_message.hpp"

namespace lxcx::net {
namespace {

/// A restart asks for the name whose device is still going with the old namespace, a matter of milliseconds.
Result<void> await_free(const Call& call, Netlink& host, const std::string& name) {
  for (int waited = 0; waited < 2000 && !call.cancelled(); ++waited) {
    LXCX_TRY(taken, find_link(host, name));
    if (!taken) return {};
    LXCX_TRY(ending, peer_is_ending(host, *taken));
    if (!ending) return {};  // somebody else's: the kernel will refuse the name, and say so
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {};
}

/// A free name, recorded together with the address by which the device will be known as ours.
Result<void> choose_name(Call& call, Netlink& host, const VethSettings& settings, PairEnds& ends) {
  ends.host_name = settings.pair;
  if (!settings.pair.empty()) LXCX_CHECK(await_free(call, host, settings.pair));
  while (ends.host_name.empty()) {
    std::string name = random_name("veth");
    LXCX_TRY(taken, find_link(host, name));
    if (!taken) ends.host_name = std::move(name);
  }
  ends.host_mac = fill_mac(host_mac_pattern);
  LXCX_CHECK(call.record("host_mac", to_text(ends.host_mac)));
  return call.record("host_name", ends.host_name);
}

/// Says which of the two names was taken.
Error explain_taken(const Nic& nic, Netlink& host, const VethSettings& settings, const PairEnds& ends, Error error) {
  const Result<std::optional<Link>> taken = find_link(host, ends.host_name);
  const bool is_host_end = taken && *taken;
  error.code = Code::busy;
  error.hint = is_host_end ? "a device '" + ends.host_name + "' is on this host already: choose another " + key_of(nic, "veth.pair")
                           : "the container has a device '" + settings.device.name + "' already: choose another " + key_of(nic, "name");
  return error;
}

}  // namespace

Result<std::optional<Link>> own_host_end(const Call& call, Netlink& host) {
  const std::string name(call.recall("host_name"));
  const std::string mac(call.recall("host_mac"));
  if (name.empty() || mac.empty()) return std::nullopt;
  LXCX_TRY(found, find_link(host, name));
  if (!found || found->kind != "veth" || to_text(found->mac) != mac) return std::nullopt;
  return found;
}

Result<std::optional<Link>> peer_inside(Netlink& inside, const Link& host_end) {
  LXCX_TRY(peer, find_link(inside, host_end.peer));
  if (!peer || peer->kind != "veth" || peer->peer != host_end.index) return std::nullopt;
  return peer;
}

Result<std::optional<Link>> adopt_restored_pair(Call& call, Netlink& host, Netlink& inside, const VethSettings& settings,
                                                const std::optional<Link>& link) {
  const std::string name(call.recall("host_name"));
  // With an address it is a pair of create_pair(), or one that was adopted before.
  if (name.empty() || !call.recall("host_mac").empty()) return std::nullopt;
  LXCX_TRY(found, find_link(host, name));
  if (!found || found->kind != "veth") return std::nullopt;
  LXCX_TRY(peer, peer_inside(inside, *found));
  if (!peer) return std::nullopt;
  const Mac mac = fill_mac(host_mac_pattern);
  LXCX_CHECK(set_mac(host, *found, mac));
  LXCX_CHECK(call.record("host_mac", to_text(mac)));
  if (link && settings.mode == VethMode::bridge) LXCX_CHECK(set_master(host, *found, link->index));
  if (peer->mtu != found->mtu) LXCX_CHECK(set_mtu(host, *found, peer->mtu));
  if (!settings.vlans.is_set) LXCX_CHECK(set_up(host, *found));
  return own_host_end(call, host);
}

Result<Link> create_pair(Call& call, const Nic& nic, Netlink& host, const VethSettings& settings, const std::optional<Link>& link) {
  PairEnds ends;
  ends.netns_fd = nic.netns_fd;
  ends.inside_name = settings.device.name;
  ends.rx_queues = settings.rx_queues;
  ends.tx_queues = settings.tx_queues;
  // A port whose VLANs are still the bridge's defaults must not carry anything yet.
  ends.comes_up = !settings.vlans.is_set;
  ends.mtu = settings.device.mtu ? settings.device.mtu : link ? link->mtu : 0;
  if (link && settings.mode == VethMode::bridge) ends.master = link->index;
  LXCX_TRY(inside_mac, choose_mac(call, settings.device));
  ends.inside_mac = inside_mac;
  for (int attempt = 1;; ++attempt) {
    LXCX_CHECK(choose_name(call, host, settings, ends));
    Result<void> made = request_pair(host, ends);
    if (made) break;
    const bool may_retry = made.error().sys_errno == EEXIST && settings.pair.empty() && settings.device.name.empty() && attempt < 8;
    if (may_retry) continue;
    // Since EXCL makes all or nothing, except for a failing IFLA_MASTER before Linux 3.14, there is nothing to take back.
    if (made.error().sys_errno == EEXIST) return Failure(explain_taken(nic, host, settings, ends, std::move(made).error()));
    return std::unexpected(std::move(made).error());
  }
  LXCX_TRY(host_end, own_host_end(call, host));
  if (!host_end) return fail(Code::not_found, "veth '" + ends.host_name + "' has vanished right after it was made");
  return *std::move(host_end);
}

}  // namespace lxcx::net
