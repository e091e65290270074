// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/network_lock.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sched.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace lxcx::core {

namespace {

constexpr std::size_t longest_name = 31;

/// nfnetlink wants every change between a begin and an end, which name the subsystem.
struct Bound {
  nlmsghdr head{};
  nfgenmsg general{};
};

struct DeleteTable {
  nlmsghdr head{};
  nfgenmsg general{};
  nlattr name_head{};
  char name[longest_name + 1] = {};
};

struct Batch {
  Bound begin;
  DeleteTable table;
  Bound end;
};
static_assert(sizeof(Batch) == 2 * sizeof(Bound) + sizeof(DeleteTable));

Bound bound(std::uint16_t type, std::uint32_t number) {
  Bound message;
  message.head.nlmsg_len = sizeof message;
  message.head.nlmsg_type = type;
  message.head.nlmsg_flags = NLM_F_REQUEST;
  message.head.nlmsg_seq = number;
  message.general.nfgen_family = AF_UNSPEC;
  message.general.version = NFNETLINK_V0;
  message.general.res_id = htons(NFNL_SUBSYS_NFTABLES);
  return message;
}

Batch delete_table(const std::string& table) {
  Batch batch;
  batch.begin = bound(NFNL_MSG_BATCH_BEGIN, 1);
  batch.table.head.nlmsg_len = sizeof batch.table;
  batch.table.head.nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_DELTABLE;
  batch.table.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  batch.table.head.nlmsg_seq = 2;
  batch.table.general.nfgen_family = NFPROTO_INET;
  batch.table.general.version = NFNETLINK_V0;
  batch.table.name_head.nla_type = NFTA_TABLE_NAME;
  batch.table.name_head.nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + table.size() + 1);
  table.copy(batch.table.name, longest_name);
  batch.end = bound(NFNL_MSG_BATCH_END, 3);
  return batch;
}

/// The kernel's first answer: 0, or why not (netlink(7), nlmsgerr).
Result<int> read_verdict(Kernel& kernel, int socket) {
  alignas(nlmsghdr) std::array<char, 4096> buffer{};
  LXCX_TRY(size, kernel.read(socket, buffer.data(), buffer.size()));
  nlmsgerr answer{};
  if (size < NLMSG_LENGTH(sizeof answer)) return fail(Code::kernel, "nfnetlink gave a truncated answer");
  std::memcpy(&answer, buffer.data() + NLMSG_HDRLEN, sizeof answer);
  return -answer.error;
}

/// A socket of the namespace; this process is back in its own when it returns.
Result<UniqueFd> netfilter_socket(Kernel& kernel, int netns_fd) {
  LXCX_TRY(own, kernel.openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY));
  LXCX_CHECK(kernel.setns(netns_fd, CLONE_NEWNET));
  Result<UniqueFd> socket = kernel.socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
  LXCX_CHECK(doing(kernel.setns(own.get(), CLONE_NEWNET), "come back to the own network"));
  return socket;
}

}  // namespace

std::string network_lock_table(pid_t init) { return "CRIU-" + std::to_string(init); }

Result<void> remove_network_lock(Kernel& kernel, int netns_fd, const std::string& table) {
  if (table.empty() || table.size() > longest_name) return {};
  const Result<UniqueFd> socket = netfilter_socket(kernel, netns_fd);
  if (!socket && (socket.error().sys_errno == EPROTONOSUPPORT || socket.error().sys_errno == EAFNOSUPPORT)) return {};
  if (!socket) return std::unexpected(socket.error());
  const Batch batch = delete_table(table);
  LXCX_CHECK(kernel.write(socket->get(), &batch, sizeof batch));
  LXCX_TRY(verdict, read_verdict(kernel, socket->get()));
  if (verdict == 0 || verdict == ENOENT || verdict == EOPNOTSUPP) return {};  // EOPNOTSUPP: no nf_tables
  return fail_errno(verdict, "remove criu's table '" + table + "' from the container's nftables");
}

}  // namespace lxcx::core
