// SPDX-License-Identifier: Apache-2.0
// Looking at containers: nothing here changes one, but that a teardown which nobody is at any more is finished, by whoever has the privilege.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/container/host.hpp"
#include "core/container/states.hpp"

namespace lxcx::core {

struct ContainerInfo {
  std::string name;
  State state = State::stopped;
  pid_t init = 0;
  std::string manager;                 ///< "lxcx", "lxc" (runs under LXC), or empty when stopped
  bool monitor_lost = false;           ///< runs, but its monitor was killed
  std::vector<std::string> addresses;  ///< IPv4 first; no loopback, no link-local
  struct Link {
    std::string name;
    std::optional<std::uint64_t> rx_bytes, tx_bytes;
  };
  std::vector<Link> links;             ///< host side
  std::optional<std::uint64_t> cpu_ns, memory_bytes, kernel_memory_bytes, block_io_bytes;
  std::int64_t started_at = 0;
};

struct ListRequest {
  bool addresses = false;              ///< costs a namespace visit for each running container
  bool memory = false;
  unsigned nesting = 0;                ///< how deep to look into containers for containers
};
struct ContainerSummary {
  std::string name;
  std::vector<std::string> inside;     ///< the containers around it, outermost first
  std::string cgroup;                  ///< of a running one, below each hierarchy's base; empty: none
  std::string cgroup_base;             ///< as RunState's
  State state = State::stopped;
  pid_t init = 0;
  std::string manager;
  bool defined = true;                 ///< has a configuration
  // From the configuration; read only when details were asked for:
  bool autostart = false, unprivileged = false;
  std::vector<std::string> groups;
  std::vector<std::string> interfaces, ipv4, ipv6;
  std::optional<std::uint64_t> memory_bytes, swap_bytes;
};

Result<ContainerInfo> container_info(Host& host, const ContainerPaths& paths);
Result<std::vector<ContainerSummary>> list_containers(Host& host, const std::string& lxcpath, const ListRequest& request, bool details);
/// The state now: from the run directory and the freezer, or LXC's command socket.
State container_state(Host& host, const ContainerPaths& paths);
/// False when the timeout ran out; -1: for ever; 0: look once.
Result<bool> wait_for_state(Host& host, const ContainerPaths& paths, const std::vector<State>& states, int timeout_s);

/// Addresses of network namespaces' devices: no loopback, no link-local ones.
struct InterfaceAddresses {
  std::string interface;
  std::vector<std::string> ipv4, ipv6;
};
/// For each process in turn, none for one that has ended or may not be visited. The calling thread visits their namespaces and comes back.
Result<std::vector<std::vector<InterfaceAddresses>>> addresses_of(Kernel& kernel, const std::vector<pid_t>& processes);

}  // namespace lxcx::core
