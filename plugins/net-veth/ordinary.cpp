// SPDX-License-Identifier: Apache-2.0
#include "net-veth/ordinary.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "lxcx/fd.hpp"
#include "net-veth/pair.hpp"
#include "net-veth/service_client.hpp"

namespace lxcx::net {
namespace {

std::string socket_path(const Call& call) {
  const std::string_view set = call.setting("veth.service");
  return set.empty() ? service::default_socket : std::string(set);
}

service::Request request_for(const Nic& nic, const VethSettings& settings, service::Verb verb) {
  return {verb, nic.index, settings.device.link, std::string(nic.container), {}};
}

bool has_network_capability() {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  return ::syscall(SYS_capget, &head, sets.data()) == 0 && (sets[0].effective & (1U << CAP_NET_ADMIN)) != 0;
}

Result<void> rename_inside(const Nic& nic, Netlink& inside, const Link& peer, const std::string& name) {
  if (name.empty() || name == peer.name) return {};
  Result<void> renamed = rename_link(inside, peer, name);
  if (renamed || renamed.error().sys_errno != EEXIST) return renamed;
  renamed.error().code = Code::busy;
  renamed.error().hint = "the container has a device '" + name + "' already: choose another " + key_of(nic, "name");
  return renamed;
}

Result<void> shape_inside(Call& call, const Nic& nic, Netlink& inside, const Link& host_end, const VethSettings& settings) {
  LXCX_TRY(peer, peer_inside(inside, host_end));
  if (!peer) return fail(Code::not_found, "the peer of '" + host_end.name + "' is not in the container's network namespace");
  LXCX_CHECK(rename_inside(nic, inside, *peer, settings.device.name));
  LXCX_TRY(mac, choose_mac(call, settings.device));
  if (mac) LXCX_CHECK(set_mac(inside, *peer, *mac));
  return settings.device.mtu != 0 ? set_mtu(inside, *peer, settings.device.mtu) : Result<void>{};
}

}  // namespace

bool may_make_devices() {
  const Fd own(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  const Fd owner(own ? ::ioctl(own.get(), NS_GET_USERNS) : -1);
  const bool is_out_of_reach = !owner && errno == EPERM;
  return !is_out_of_reach && has_network_capability();
}

Result<void> limit_to_ordinary(const Nic& nic, VethSettings& settings) {
  struct Limit {
    bool is_asked;
    std::string_view key;
  };
  const std::array limits{Limit{settings.mode == VethMode::router, "veth.mode"}, Limit{settings.device.l2proxy, "l2proxy"},
                          Limit{!settings.routes.empty(), "veth.ipv4.route or veth.ipv6.route"}, Limit{settings.vlans.is_set, "veth.vlan.id"},
                          Limit{settings.rx_queues != 0 || settings.tx_queues != 0, "veth.n_rxqueues or veth.n_txqueues"}};
  for (const Limit& limit : limits)
    if (limit.is_asked)
      return fail(Code::denied, key_of(nic, limit.key) + " changes the host, which an ordinary user may not",
                  "leave it out: the device is a port of a bridge and nothing more; or run the container as root");
  settings.pair.clear();
  return {};
}

Result<void> ask_whether_allowed(const Call& call, const Nic& nic, const VethSettings& settings) {
  LXCX_CHECK(ask_service(socket_path(call), request_for(nic, settings, service::Verb::check), -1));
  return {};
}

Result<Link> obtain_pair(Call& call, const Nic& nic, Netlink& host, Netlink& inside, const VethSettings& settings) {
  LXCX_TRY(made, ask_service(socket_path(call), request_for(nic, settings, service::Verb::create), nic.netns_fd));
  LXCX_CHECK(call.record("host_mac", to_text(made.host_mac)));
  LXCX_CHECK(call.record("host_name", made.host_name));
  LXCX_TRY(host_end, own_host_end(call, host));
  if (!host_end) return fail(Code::not_found, "veth '" + made.host_name + "' has vanished right after it was made");
  if (Result<void> shaped = shape_inside(call, nic, inside, *host_end, settings); !shaped) {
    if (const Result<void> gone = give_back(call, *host_end); !gone)
      call.log(LXCX_WARN, "veth '" + host_end->name + "' could not be removed after a failure: " + gone.error().message);
    return std::unexpected(std::move(shaped).error());
  }
  return *std::move(host_end);
}

Result<void> give_back(const Call& call, const Link& host_end) {
  LXCX_CHECK(ask_service(socket_path(call), {service::Verb::remove, 0, {}, {}, host_end.name}, -1));
  return {};
}

}  // namespace lxcx::net
