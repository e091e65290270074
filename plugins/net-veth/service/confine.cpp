// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/confine.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace lxcx::net::service {

Result<void> keep_network_capability_alone() {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (::syscall(SYS_capget, &head, sets.data()) != 0) return fail_errno(errno, "capget");
  constexpr std::uint32_t network = 1U << CAP_NET_ADMIN;
  if ((sets[0].permitted & network) == 0)
    return fail(Code::denied, "this service needs CAP_NET_ADMIN", "run it as root: systemctl enable --now lxcx-netd.socket");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno(errno, "prctl PR_SET_NO_NEW_PRIVS");
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return fail_errno(errno, "prctl PR_CAP_AMBIENT_CLEAR_ALL");
  // Fails where the service manager has done it and left no CAP_SETPCAP, and behind the kernel's last capability.
  for (unsigned long each = 0; each < 64; ++each)
    if (each != CAP_NET_ADMIN) ::prctl(PR_CAPBSET_DROP, each, 0, 0, 0);
  sets = {};
  sets[0].permitted = sets[0].effective = network;
  if (::syscall(SYS_capset, &head, sets.data()) != 0) return fail_errno(errno, "capset");
  return {};
}

}  // namespace lxcx::net::service
