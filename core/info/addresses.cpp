// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/info/info.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {

namespace {

/// `interface family address` lines, as seen in the namespace this process is in.
std::string describe_addresses() {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return {};
  std::string lines;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_LOOPBACK) != 0) continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = each->ifa_addr->sa_family;
    if (family == AF_INET) {
      ::inet_ntop(family, &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr, text.data(), text.size());
    } else if (family == AF_INET6) {
      const auto* address = reinterpret_cast<const sockaddr_in6*>(each->ifa_addr);
      if (IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr)) continue;
      ::inet_ntop(family, &address->sin6_addr, text.data(), text.size());
    } else {
      continue;
    }
    lines += std::string(each->ifa_name) + " " + (family == AF_INET ? "4" : "6") + " " + text.data() + "\n";
  }
  ::freeifaddrs(all);
  return lines;
}

std::vector<InterfaceAddresses> parse_addresses(std::string_view lines) {
  std::vector<InterfaceAddresses> all;
  for (const std::string& line : split(lines, '\n')) {
    const std::vector<std::string> parts = split(line, ' ');
    if (parts.size() != 3) continue;
    auto found = std::ranges::find(all, parts[0], &InterfaceAddresses::interface);
    if (found == all.end()) found = all.insert(all.end(), {parts[0], {}, {}});
    (parts[1] == "4" ? found->ipv4 : found->ipv6).push_back(parts[2]);
  }
  return all;
}

constexpr char end_of_namespace = '\f';

/// In the child: what each namespace holds, each part followed by the end mark; nothing for one that cannot be entered.
bool describe_all(Kernel& kernel, const std::vector<UniqueFd>& namespaces, int to) {
  for (const UniqueFd& each : namespaces) {
    const bool is_inside = each && kernel.setns(each.get(), CLONE_NEWNET);
    if (!write_all(kernel, to, (is_inside ? describe_addresses() : std::string()) + end_of_namespace)) return false;
  }
  return true;
}

}  // namespace

Result<std::vector<std::vector<InterfaceAddresses>>> addresses_of(Kernel& kernel, const std::vector<pid_t>& processes) {
  std::vector<UniqueFd> namespaces;
  for (const pid_t process : processes) {
    Result<UniqueFd> netns = kernel.openat(AT_FDCWD, ("/proc/" + std::to_string(process) + "/ns/net").c_str(), O_RDONLY);
    namespaces.push_back(netns ? std::move(*netns) : UniqueFd());
  }
  LXCX_TRY(pipe, kernel.pipe2(0));
  LXCX_TRY(child, kernel.fork());
  if (child == 0) ::_exit(describe_all(kernel, namespaces, pipe.second.get()) ? 0 : 1);
  pipe.second.reset();
  const Result<std::string> text = read_all(kernel, pipe.first.get(), std::size_t{64} << 20);
  LXCX_CHECK(kernel.wait_pid(child));
  if (!text) return std::unexpected(text.error());
  std::vector<std::vector<InterfaceAddresses>> all;
  for (const std::string& part : split(*text, end_of_namespace, true)) all.push_back(parse_addresses(part));
  all.resize(processes.size());
  return all;
}

}  // namespace lxcx::core
