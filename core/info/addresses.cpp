// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <memory>

#include "core/info/info.hpp"

namespace lxcx::core {

namespace {

struct FreeAddresses {
  void operator()(ifaddrs* all) const { ::freeifaddrs(all); }
};

/// As seen in the namespace this process is in.
std::vector<InterfaceAddresses> addresses_here() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, FreeAddresses> all(first);
  std::vector<InterfaceAddresses> found;
  for (const ifaddrs* each = all.get(); each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    // Each has one of AF_PACKET, whatever else (getifaddrs(3)).
    auto known = std::ranges::find(found, std::string_view(each->ifa_name), &InterfaceAddresses::interface);
    if (known == found.end()) known = found.insert(found.end(), {each->ifa_name, {}, {}});
    if ((each->ifa_flags & IFF_LOOPBACK) != 0) continue;
    const int family = each->ifa_addr->sa_family;
    const void* address = nullptr;
    if (family == AF_INET) address = &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr;
    if (family == AF_INET6) {
      const in6_addr& ipv6 = reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr;
      if (!IN6_IS_ADDR_LINKLOCAL(&ipv6)) address = &ipv6;
    }
    if (address == nullptr) continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(family, address, text.data(), text.size());
    (family == AF_INET ? known->ipv4 : known->ipv6).emplace_back(text.data());
  }
  std::ranges::sort(found, {}, &InterfaceAddresses::interface);
  return found;
}

Result<UniqueFd> network_of(Kernel& kernel, const std::string& process) {
  return kernel.openat(AT_FDCWD, ("/proc/" + process + "/ns/net").c_str(), O_RDONLY);
}

}  // namespace

// A fork would keep this process out of other namespaces, and cost more than all the rest of `info`.
Result<std::vector<std::vector<InterfaceAddresses>>> addresses_of(Kernel& kernel, const std::vector<pid_t>& processes) {
  LXCX_TRY(own, network_of(kernel, "self"));
  std::vector<std::vector<InterfaceAddresses>> all;
  for (const pid_t process : processes) {
    const Result<UniqueFd> there = network_of(kernel, std::to_string(process));
    all.emplace_back();
    if (there && kernel.setns(there->get(), CLONE_NEWNET)) all.back() = addresses_here();
  }
  LXCX_CHECK(doing(kernel.setns(own.get(), CLONE_NEWNET), "come back to the own network"));
  return all;
}

}  // namespace lxcx::core
