// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/requests.hpp"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include "net-common/random.hpp"
#include "net-veth/pair_message.hpp"
#include "net-veth/service/devices.hpp"
#include "net-veth/service/peer_namespace.hpp"
#include "net-veth/service/usernet.hpp"

namespace lxcx::net::service {
namespace {

constexpr int longest_wait_ms = 2000;

/// Held until the end of scope by one process of the service at a time.
class AccountLock {
 public:
  explicit AccountLock(int fd) : fd_(fd) { set(F_WRLCK); }
  ~AccountLock() { set(F_UNLCK); }
  AccountLock(const AccountLock&) = delete;
  AccountLock& operator=(const AccountLock&) = delete;

 private:
  void set(short type) const {
    struct flock lock{};
    lock.l_type = type;
    while (::fcntl(fd_, F_SETLKW, &lock) != 0 && errno == EINTR) {
    }
  }
  int fd_;
};

/// The alarm of serve() waits: between a device and its alias nothing ends this process.
class NoAlarm {
 public:
  NoAlarm() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGALRM);
    ::sigprocmask(SIG_BLOCK, &set, &before_);
  }
  ~NoAlarm() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  NoAlarm(const NoAlarm&) = delete;
  NoAlarm& operator=(const NoAlarm&) = delete;

 private:
  sigset_t before_{};
};

struct Allowed {
  unsigned count = 0;
  std::optional<Link> bridge;
};

std::string place_of(const Request& request) { return request.bridge.empty() ? "without a bridge" : "on the bridge '" + request.bridge + "'"; }

std::string line_for(const User& user, const Request& request, unsigned long count) {
  return user.name + " veth " + (request.bridge.empty() ? "none" : request.bridge) + " " + std::to_string(count);
}

Result<std::optional<Link>> find_bridge(Netlink& host, const Request& request) {
  if (request.bridge.empty()) return std::nullopt;
  LXCX_TRY(link, find_link(host, request.bridge));
  if (!link || link->name != request.bridge)
    return fail(Code::not_found, "no bridge '" + request.bridge + "' on this host", "ip link show type bridge");
  if (link->kind != "bridge") return fail(Code::config, "'" + request.bridge + "' is no bridge", "name one of: ip link show type bridge");
  return link;
}

/// What the administrator says first: who may not use a bridge does not hear from here whether it exists.
Result<Allowed> allowed_to(const Means& means, const User& user, Netlink& host, const Request& request) {
  LXCX_TRY(usernet, read_usernet(means.usernet));
  Allowed allowed{allowance(usernet, user, request.bridge), std::nullopt};
  if (allowed.count == 0)
    return fail(Code::denied, "'" + user.name + "' may not have a network device " + place_of(request),
                "root allows it by a line in " + means.usernet + ": " + line_for(user, request, 10));
  LXCX_TRY(bridge, find_bridge(host, request));
  allowed.bridge = std::move(bridge);
  return allowed;
}

enum class Room {
  there_is,
  soon,  ///< a device is going with its namespace
  none
};

/// `ignored`: the alias of a device that does not count.
Result<Room> look_for_room(Netlink& host, const User& user, const Request& request, const Allowed& allowed, std::string_view ignored) {
  LXCX_TRY(all, all_links(host));
  std::vector<Link> mine = devices_of(std::move(all), user.uid, request.bridge);
  if (!ignored.empty()) std::erase_if(mine, [&](const Link& link) { return link.alias == ignored; });
  if (mine.size() < allowed.count) return Room::there_is;
  for (const Link& link : mine)
    if (peer_is_ending(host, link).value_or(false)) return Room::soon;
  return Room::none;
}

Failure quota_reached(const Means& means, const User& user, const Request& request, const Allowed& allowed) {
  return fail(Code::denied,
              "quota reached: '" + user.name + "' has " + std::to_string(allowed.count) + " network devices " + place_of(request) + " already",
              "stop a container, or root allows more in " + means.usernet + ": " + line_for(user, request, 1UL + allowed.count));
}

Result<void> request_free_name(Netlink& host, uid_t uid, PairEnds& ends) {
  Result<void> made;
  for (int attempt = 0; attempt < 8; ++attempt) {
    ends.host_name = host_name_for(uid);
    made = request_pair(host, ends);
    if (made || made.error().sys_errno != EEXIST) break;
  }
  return made;
}

/// A device without its alias would be on nobody's account.
Result<Link> name_owner(Netlink& host, const PairEnds& ends, const std::string& alias) {
  LXCX_TRY(link, find_link(host, ends.host_name));
  if (!link) return fail(Code::not_found, "'" + ends.host_name + "' has vanished right after it was made", "the container has ended: start it again");
  if (Result<void> named = set_alias(host, *link, alias); !named) {
    (void)delete_link(host, link->index, link->name);
    return std::unexpected(std::move(named).error());
  }
  return *std::move(link);
}

Result<Made> make_device(Netlink& host, const User& user, const Request& request, const Allowed& allowed, int netns_fd) {
  PairEnds ends;
  ends.netns_fd = netns_fd;
  ends.host_mac = fill_mac(host_mac_pattern);
  // The bridge's own, always: a port with a smaller one would make the bridge's smaller, for everybody on it.
  if (allowed.bridge) {
    ends.mtu = allowed.bridge->mtu;
    ends.master = allowed.bridge->index;
  }
  const NoAlarm undisturbed;
  LXCX_CHECK(request_free_name(host, user.uid, ends));
  LXCX_TRY(link, name_owner(host, ends, alias_of({user.uid, request.bridge}, request.index, request.container)));
  return Made{link.name, link.mac, link.peer};
}

Result<Made> create(const Means& means, const User& user, Netlink& host, const Request& request, int netns_fd) {
  LXCX_CHECK(check_namespace_of(netns_fd, user.uid));
  for (int waited_ms = 0;; waited_ms += 10) {
    LXCX_TRY(allowed, allowed_to(means, user, host, request));
    {
      const AccountLock lock(means.lock_fd);
      LXCX_TRY(room, look_for_room(host, user, request, allowed, {}));
      if (room == Room::there_is) return make_device(host, user, request, allowed, netns_fd);
      if (room == Room::none || waited_ms >= longest_wait_ms) return quota_reached(means, user, request, allowed);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

/// The device that the container has at this moment is not in its own way: it goes before another one comes.
Result<Made> check(const Means& means, const User& user, Netlink& host, const Request& request) {
  LXCX_TRY(allowed, allowed_to(means, user, host, request));
  LXCX_TRY(room, look_for_room(host, user, request, allowed, alias_of({user.uid, request.bridge}, request.index, request.container)));
  if (room == Room::none) return quota_reached(means, user, request, allowed);
  return Made{};
}

Result<Made> remove(uid_t user, Netlink& host, const Request& request) {
  LXCX_TRY(link, find_link(host, request.host_name));
  if (!link) return Made{};
  const std::optional<Account> account = account_of(link->alias);
  if (link->kind != "veth" || !account || account->uid != user)
    return fail(Code::denied, "'" + request.host_name + "' is no device of yours", "ip link shows in the alias whose it is");
  LXCX_CHECK(delete_link(host, link->index, link->name));
  return Made{};
}

}  // namespace

Result<Made> answer(const Means& means, const User& user, const Request& request, int netns_fd) {
  LXCX_TRY(host, Netlink::open());
  if (request.verb == Verb::remove) return remove(user.uid, host, request);
  return request.verb == Verb::create ? create(means, user, host, request, netns_fd) : check(means, user, host, request);
}

}  // namespace lxcx::net::service
