// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/device/child.hpp"
#include "core/device/device.hpp"

namespace lxcx::core {
namespace {

const UniqueFd* network_namespace(const DeviceTarget& target) {
  const auto found = std::ranges::find(target.facts.namespaces, Namespace::net, &ContainerNamespace::kind);
  return found == target.facts.namespaces.end() ? nullptr : &found->fd;
}

/// 0: there is none of that name.
Result<int> index_of(Kernel& kernel, std::string_view name) {
  ifreq request{};
  if (name.empty() || name.size() >= sizeof request.ifr_name) return 0;
  name.copy(request.ifr_name, name.size());
  LXCX_TRY(socket, kernel.socket(AF_INET, SOCK_DGRAM, 0));
  const Result<int> asked = kernel.ioctl(socket.get(), SIOCGIFINDEX, &request);
  if (asked) return request.ifr_ifindex;
  if (asked.error().sys_errno == ENODEV) return 0;
  return std::unexpected(asked.error());
}

/// RTM_NEWLINK of one device, with its new namespace and name: the largest message that is made here.
struct MoveMessage {
  nlmsghdr head{};
  ifinfomsg link{};
  struct {
    rtattr head{};
    std::uint32_t fd = 0;
  } netns;
  struct {
    rtattr head{};
    char text[IFNAMSIZ] = {};
  } name;
};
static_assert(sizeof(MoveMessage) == NLMSG_LENGTH(sizeof(ifinfomsg)) + RTA_SPACE(4) + RTA_SPACE(IFNAMSIZ));

/// The kernel's answer: an nlmsgerr, whose error is 0 for an acknowledgement (rtnetlink(7)).
Result<int> read_verdict(Kernel& kernel, int socket) {
  alignas(nlmsghdr) std::array<char, 8192> buffer{};
  LXCX_TRY(size, kernel.read(socket, buffer.data(), buffer.size()));
  nlmsghdr head{};
  nlmsgerr answer{};
  if (size < NLMSG_LENGTH(sizeof answer)) return fail(Code::kernel, "rtnetlink gave a truncated answer");
  std::memcpy(&head, buffer.data(), sizeof head);
  if (head.nlmsg_type != NLMSG_ERROR) return fail(Code::kernel, "rtnetlink answered with a message of type " + std::to_string(head.nlmsg_type));
  std::memcpy(&answer, buffer.data() + NLMSG_HDRLEN, sizeof answer);
  return -answer.error;
}

/// RTM_NEWLINK of a device without a parent.
struct KindMessage {
  nlmsghdr head{};
  ifinfomsg link{};
  rtattr info{};
  struct {
    rtattr head{};
    char text[IFNAMSIZ] = {};
  } kind;
};

/// dev_valid_name() in the kernel's net/core/dev.c; a name with % would be a pattern.
Result<void> check_new_name(const std::string& name) {
  const auto is_bad = [](char c) { return c == '/' || c == ':' || c == '%' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; };
  if (name.empty() || name.size() >= IFNAMSIZ || name == "." || name == ".." || std::ranges::any_of(name, is_bad))
    return fail(Code::usage, "'" + name + "' cannot name a network interface", "1 to 15 bytes, without blanks, control characters and / : %");
  return {};
}

Result<void> refuse_taken(Kernel& kernel, const std::string& name, const char* place) {
  LXCX_TRY(index, index_of(kernel, name));
  if (index == 0) return {};
  return fail(Code::busy, std::string("there is a network interface '") + name + "' " + place + " already", "give another name as the last word");
}

Failure shares_network() {
  return fail(Code::busy, "the container has no network namespace of its own", "all interfaces of this one are the container's already");
}

}  // namespace

Result<void> move_interface(Kernel& kernel, const std::string& name, int to_netns, const std::string& new_name) {
  LXCX_TRY(index, index_of(kernel, name));
  if (index == 0) return fail(Code::not_found, "there is no network interface '" + name + "'");
  MoveMessage message;
  message.head.nlmsg_len = sizeof message;
  message.head.nlmsg_type = RTM_NEWLINK;
  message.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  message.head.nlmsg_seq = 1;
  message.link.ifi_index = index;
  message.netns.head = {RTA_LENGTH(sizeof message.netns.fd), IFLA_NET_NS_FD};
  message.netns.fd = static_cast<std::uint32_t>(to_netns);
  message.name.head = {static_cast<unsigned short>(RTA_LENGTH(new_name.size() + 1)), IFLA_IFNAME};
  new_name.copy(message.name.text, sizeof message.name.text - 1);
  LXCX_TRY(socket, kernel.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  LXCX_CHECK(kernel.write(socket.get(), &message, sizeof message));
  LXCX_TRY(error, read_verdict(kernel, socket.get()));
  if (error == 0) return {};
  // do_setlink() in net/core/rtnetlink.c moves first and renames then.
  const bool has_left = index_of(kernel, name).value_or(index) == 0;
  std::string hint;
  if (has_left) hint = "it was moved, and kept its name '" + name + "'";
  if (!has_left && error == EINVAL) hint = "some devices never leave their network namespace: bridges, bonds, tunnels' bases, loopback";
  return fail_errno(error, "move network interface '" + name + "' and name it '" + new_name + "'", std::move(hint));
}

bool is_interface(Kernel& kernel, std::string_view name) { return index_of(kernel, name).value_or(0) != 0; }

Result<bool> knows_link_kind(Kernel& kernel, std::string_view kind) {
  KindMessage message;
  message.head.nlmsg_len = sizeof message;
  message.head.nlmsg_type = RTM_NEWLINK;
  message.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
  message.head.nlmsg_seq = 1;
  message.info = {RTA_LENGTH(sizeof message.kind), IFLA_LINKINFO};
  message.kind.head = {RTA_LENGTH(sizeof message.kind.text), IFLA_INFO_KIND};
  kind.copy(message.kind.text, sizeof message.kind.text - 1);
  LXCX_TRY(socket, kernel.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  LXCX_CHECK(kernel.write(socket.get(), &message, sizeof message));
  LXCX_TRY(error, read_verdict(kernel, socket.get()));
  if (error == EPERM) return fail_errno(error, "make a network device");
  return error != EOPNOTSUPP;  // some want more than was said here, which they say otherwise
}

Result<bool> has_interface(Kernel& kernel, const DeviceTarget& target, const std::string& name) {
  const UniqueFd* inside = network_namespace(target);
  if (inside == nullptr) return false;
  const Result<void> found = in_namespace(kernel, inside->get(), CLONE_NEWNET, [&] { return refuse_taken(kernel, name, "inside"); });
  if (found) return false;
  if (found.error().code == Code::busy) return true;
  return std::unexpected(found.error());
}

Result<void> add_interface(Kernel& kernel, const DeviceTarget& target, const std::string& name, const std::string& new_name) {
  const UniqueFd* inside = network_namespace(target);
  if (inside == nullptr) return shares_network();
  LXCX_CHECK(check_new_name(new_name));
  LXCX_CHECK(in_namespace(kernel, inside->get(), CLONE_NEWNET, [&] { return refuse_taken(kernel, new_name, "inside"); }));
  return move_interface(kernel, name, inside->get(), new_name);
}

Result<void> remove_interface(Kernel& kernel, const DeviceTarget& target, const std::string& name, const std::string& new_name) {
  const UniqueFd* inside = network_namespace(target);
  if (inside == nullptr) return shares_network();
  LXCX_CHECK(check_new_name(new_name));
  LXCX_CHECK(refuse_taken(kernel, new_name, "here"));
  LXCX_TRY(here, kernel.openat(target.facts.proc.get(), "self/ns/net", O_RDONLY));
  return in_namespace(kernel, inside->get(), CLONE_NEWNET, [&] { return move_interface(kernel, name, here.get(), new_name); });
}

}  // namespace lxcx::core
