// SPDX-License-Identifier: Apache-2.0
#include "network_lab.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "core/base/text.hpp"
#include "tree.hpp"

namespace lxcx::conformance {

namespace {

using core::UniqueFd;

Failure failed_call(const std::string& what) { return fail_errno(errno, what + ": " + std::strerror(errno)); }

/// An RTM_NEWLINK request under construction; attributes nest.
class NewLink {
 public:
  explicit NewLink(const std::string& name) : bytes_(NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(ifinfomsg)), '\0') { text(IFLA_IFNAME, name); }
  void text(unsigned short type, const std::string& value) { attribute(type, value.c_str(), value.size() + 1); }
  std::size_t begin(unsigned short type) {
    const std::size_t at = bytes_.size();
    attribute(type, nullptr, 0);
    return at;
  }
  void raw(std::size_t size) { bytes_.resize(bytes_.size() + size, '\0'); }
  void end(std::size_t at) {
    const auto length = static_cast<unsigned short>(bytes_.size() - at);
    std::memcpy(bytes_.data() + at, &length, sizeof length);
  }
  Result<void> send() {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
    header.nlmsg_type = RTM_NEWLINK;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    std::memcpy(bytes_.data(), &header, sizeof header);
    const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket || ::send(socket.get(), bytes_.data(), bytes_.size(), 0) < 0) return failed_call("rtnetlink");
    alignas(nlmsghdr) char reply[4096];
    const ssize_t size = ::recv(socket.get(), reply, sizeof reply, 0);
    if (size < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof(nlmsgerr))) return failed_call("rtnetlink");
    nlmsgerr error{};
    std::memcpy(&error, reply + NLMSG_HDRLEN, sizeof error);
    errno = -error.error;
    return error.error == 0 ? Result<void>{} : failed_call("make a network device");
  }

 private:
  void attribute(unsigned short type, const void* data, std::size_t size) {
    rtattr head{};
    head.rta_len = static_cast<unsigned short>(RTA_LENGTH(size));
    head.rta_type = type;
    bytes_.append(reinterpret_cast<const char*>(&head), sizeof head);
    if (size != 0) bytes_.append(static_cast<const char*>(data), size);
    bytes_.append(RTA_SPACE(size) - RTA_LENGTH(size), '\0');
  }
  std::string bytes_;
};

Result<void> make_bridge(const std::string& name) {
  NewLink link(name);
  const std::size_t info = link.begin(IFLA_LINKINFO);
  link.text(IFLA_INFO_KIND, "bridge");
  link.end(info);
  return link.send();
}

Result<void> make_veth(const std::string& name, const std::string& peer) {
  NewLink link(name);
  const std::size_t info = link.begin(IFLA_LINKINFO);
  link.text(IFLA_INFO_KIND, "veth");
  const std::size_t data = link.begin(IFLA_INFO_DATA), peer_info = link.begin(VETH_INFO_PEER);
  link.raw(sizeof(ifinfomsg));
  link.text(IFLA_IFNAME, peer);
  link.end(peer_info);
  link.end(data);
  link.end(info);
  return link.send();
}

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

Result<void> set_up(const std::string& name) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = request_for(name);
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return failed_call("SIOCGIFFLAGS " + name);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return failed_call("SIOCSIFFLAGS " + name);
  return {};
}

Result<void> set_address(const std::string& name, const char* address, const char* mask) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  for (const auto& [request_number, text] : {std::pair<unsigned long, const char*>{SIOCSIFADDR, address}, {SIOCSIFNETMASK, mask}}) {
    ifreq request = request_for(name);
    sockaddr_in in{};
    in.sin_family = AF_INET;
    ::inet_pton(AF_INET, text, &in.sin_addr);
    std::memcpy(&request.ifr_addr, &in, sizeof in);
    if (::ioctl(socket.get(), request_number, &request) != 0) return failed_call("set the address of " + name);
  }
  return {};
}

/// In the given namespace for its lifetime.
class Visit {
 public:
  explicit Visit(int netns_fd) : home_(netns_fd < 0 ? -1 : ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    is_there_ = netns_fd < 0 || (home_ && ::setns(netns_fd, CLONE_NEWNET) == 0);
  }
  ~Visit() {
    if (home_) (void)::setns(home_.get(), CLONE_NEWNET);
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  bool is_there() const { return is_there_; }

 private:
  UniqueFd home_;
  bool is_there_ = false;
};

std::string address_text(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address == nullptr) return {};
  if (address->sa_family == AF_INET) ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  if (address->sa_family == AF_INET6) ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  return text;
}

}  // namespace

Result<void> make_lab() {
  LXCX_CHECK(set_up("lo"));
  LXCX_CHECK(make_bridge("lxcxbr0"));
  LXCX_CHECK(set_address("lxcxbr0", "10.97.0.1", "255.255.255.0"));
  LXCX_CHECK(make_veth("lxcxeth0", "lxcxeth1"));
  for (const char* name : {"lxcxbr0", "lxcxeth0", "lxcxeth1"}) LXCX_CHECK(set_up(name));
  return {};
}

Result<UniqueFd> make_netns() {
  const UniqueFd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home || ::unshare(CLONE_NEWNET) != 0) return failed_call("make a network namespace");
  UniqueFd made(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  const Result<void> up = set_up("lo");
  if (::setns(home.get(), CLONE_NEWNET) != 0) return failed_call("return to the network namespace");
  if (!up) return std::unexpected(up.error());
  return made;
}

Result<std::vector<Interface>> interfaces_of(int netns_fd) {
  const Visit visit(netns_fd);
  if (!visit.is_there()) return failed_call("enter the network namespace");
  struct if_nameindex* names = ::if_nameindex();
  ifaddrs* addresses = nullptr;
  if (names == nullptr || ::getifaddrs(&addresses) != 0) return failed_call("list the interfaces");
  std::vector<Interface> all;
  for (const struct if_nameindex* each = names; each->if_index != 0; ++each) all.push_back({each->if_name, false, {}});
  ::if_freenameindex(names);
  for (const ifaddrs* each = addresses; each != nullptr; each = each->ifa_next)
    for (Interface& one : all) {
      if (one.name != each->ifa_name) continue;
      one.is_up = (each->ifa_flags & IFF_UP) != 0;
      if (const std::string text = address_text(each->ifa_addr); !text.empty()) one.addresses.insert(text);
    }
  ::freeifaddrs(addresses);
  return all;
}

std::vector<std::string> host_network() {
  std::vector<std::string> lines;
  if (const auto all = interfaces_of(-1))
    for (const Interface& each : *all) lines.push_back("interface " + each.name + (each.is_up ? " up" : " down"));
  const auto add_routes = [&](const char* path, const char* family, std::initializer_list<std::size_t> columns) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const std::vector<std::string> words = core::split_blanks(line);
      if (words.size() < 8 || words[0] == "Iface" || words[0].starts_with("fe8") || words[0].starts_with("ff")) continue;
      // The kernel's own end of a table (metric 0xffffffff) is shown or not as the last real route comes and goes.
      if (words[5] == "ffffffff") continue;
      std::string route = std::string("route ") + family;
      for (const std::size_t column : columns) route += " " + words[column < words.size() ? column : words.size() - 1];
      lines.push_back(std::move(route));
    }
  };
  add_routes("/proc/net/route", "ipv4", {0, 1, 2, 7});
  add_routes("/proc/net/ipv6_route", "ipv6", {0, 1, 4, 9});
  for (const char* path : {"/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding"})
    lines.push_back(std::string(path) + " " + read_file_text(path));
  std::ranges::sort(lines);
  return lines;
}

}  // namespace lxcx::conformance
