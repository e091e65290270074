// SPDX-License-Identifier: Apache-2.0
#include "net-common/netlink.hpp"

#include <linux/netlink.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "net-common/netns_guard.hpp"

namespace lxcx::net {
namespace {

/// Messages and attributes begin at multiples of four bytes; MNL_ALIGN is the same in signed arithmetic.
constexpr std::size_t aligned(std::size_t size) { return (size + NLMSG_ALIGNTO - 1) & ~std::size_t{NLMSG_ALIGNTO - 1}; }

/// What the kernel said in words, NLMSGERR_ATTR_MSG of an extended acknowledgement; empty when it said nothing.
std::string extended_ack(const nlmsghdr* message) {
  if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  const auto* failure = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
  std::size_t skip = sizeof(nlmsgerr);
  if ((message->nlmsg_flags & NLM_F_CAPPED) == 0) skip += aligned(failure->msg.nlmsg_len - sizeof(nlmsghdr));
  const std::size_t size = mnl_nlmsg_get_payload_len(message);
  if (skip >= size) return {};
  return Attributes(reinterpret_cast<const char*>(failure) + skip, size - skip).text(NLMSGERR_ATTR_MSG);
}

/// The verdict that ends an exchange.
Result<void> verdict(const nlmsghdr* message, std::string_view what) {
  if (mnl_nlmsg_get_payload_len(message) < sizeof(int)) return fail(Code::kernel, std::string(what) + ": a truncated acknowledgement");
  const int error = -*static_cast<const int*>(mnl_nlmsg_get_payload(message));
  if (error == 0) return {};
  std::string said = message->nlmsg_type == NLMSG_ERROR ? extended_ack(message) : std::string();
  std::string text(what);
  if (!said.empty()) text += " (the kernel says: " + said + ")";
  const char* hint = error == EPERM ? "this needs CAP_NET_ADMIN, here and in the container's user namespace: run as root" : "";
  return fail_errno(error, std::move(text), hint);
}

}  // namespace

Message::Message(unsigned type, unsigned flags) {
  nlmsghdr* head = mnl_nlmsg_put_header(bytes_.data());
  head->nlmsg_type = static_cast<std::uint16_t>(type);
  head->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
}

void Message::put(unsigned attribute, std::string_view text) {
  const std::string terminated(text);
  put_bytes(attribute, terminated.c_str(), terminated.size() + 1);
}
void Message::put_bytes(unsigned attribute, const void* bytes, std::size_t size) {
  mnl_attr_put(raw(), static_cast<std::uint16_t>(attribute), size, bytes);
}
void Message::put_u8(unsigned attribute, std::uint8_t value) { put_bytes(attribute, &value, sizeof value); }
void Message::put_u32(unsigned attribute, std::uint32_t value) { put_bytes(attribute, &value, sizeof value); }

Message::Nest::Nest(Message& message, unsigned attribute)
    : message_(message), start_(mnl_attr_nest_start(message.raw(), static_cast<std::uint16_t>(attribute))) {}
Message::Nest::~Nest() { mnl_attr_nest_end(message_.raw(), start_); }

const nlattr* Attributes::find(unsigned type) const {
  const auto* end = begin_ + size_;
  for (auto* at = reinterpret_cast<const nlattr*>(begin_); mnl_attr_ok(at, static_cast<int>(end - reinterpret_cast<const char*>(at)));
       at = mnl_attr_next(at))
    if (mnl_attr_get_type(at) == type) return at;
  return nullptr;
}
std::string Attributes::text(unsigned type) const {
  const nlattr* found = find(type);
  if (!found) return {};
  const auto* begin = static_cast<const char*>(mnl_attr_get_payload(found));
  return {begin, strnlen(begin, mnl_attr_get_payload_len(found))};
}
std::uint32_t Attributes::u32(unsigned type, std::uint32_t fallback) const {
  const nlattr* found = find(type);
  return found && mnl_attr_get_payload_len(found) >= sizeof(std::uint32_t) ? mnl_attr_get_u32(found) : fallback;
}
Attributes Attributes::nested(unsigned type) const {
  const nlattr* found = find(type);
  return found ? Attributes(mnl_attr_get_payload(found), mnl_attr_get_payload_len(found)) : Attributes(nullptr, 0);
}

Reply::Reply(const nlmsghdr* message) : bytes_(message->nlmsg_len) { std::memcpy(bytes_.data(), message, bytes_.size()); }
Attributes Reply::attributes(std::size_t header_size) const {
  const std::size_t size = mnl_nlmsg_get_payload_len(raw());
  const std::size_t skip = aligned(header_size);
  return skip < size ? Attributes(static_cast<const char*>(mnl_nlmsg_get_payload(raw())) + skip, size - skip) : Attributes(nullptr, 0);
}

Result<Netlink> Netlink::open() {
  mnl_socket* opened = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  if (!opened) return fail_errno(errno, "socket NETLINK_ROUTE");
  Netlink netlink(opened);
  if (mnl_socket_bind(opened, 0, MNL_SOCKET_AUTOPID) < 0) return fail_errno(errno, "bind NETLINK_ROUTE");
  // Niceties of newer kernels, and nothing fails without them: words beside the errno (4.12), acknowledgements without an echo of the request
  // (4.3), and dumps that the kernel filters (4.20).
  const int on = 1;
  for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK})
    static_cast<void>(mnl_socket_setsockopt(opened, option, const_cast<int*>(&on), sizeof on));
  return netlink;
}

Result<Netlink> Netlink::open_in(int netns_fd) {
  if (::geteuid() == 0) {
    LXCX_TRY(guard, NetnsGuard::enter(netns_fd));
    return open();
  }
  // In a user namespace of his own, an ordinary user may enter the container's network and not come back to the host's: a thread enters, and ends
  // there.
  std::optional<Result<Netlink>> opened;
  std::thread([&] {
    if (::setns(netns_fd, CLONE_NEWNET) == 0)
      opened.emplace(open());
    else
      opened.emplace(fail_errno(errno, "setns into the container's network namespace"));
  }).join();
  return std::move(*opened);
}

Result<void> Netlink::exchange(Message& message, std::string_view what, std::vector<Reply>& replies, bool& interrupted) {
  const bool is_dump = (message.raw()->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  if (!is_dump) message.raw()->nlmsg_flags |= NLM_F_ACK;
  message.raw()->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), message.raw(), message.raw()->nlmsg_len) < 0) return fail_errno(errno, std::string(what) + ": send");
  // Left as it is: the kernel fills it, mostly the first hundred bytes of it.
  alignas(nlmsghdr) std::array<char, 32768> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    const ssize_t received = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return fail_errno(errno, std::string(what) + ": receive");
    int left = static_cast<int>(received);
    for (auto* at = reinterpret_cast<const nlmsghdr*>(buffer.data()); mnl_nlmsg_ok(at, left); at = mnl_nlmsg_next(at, &left)) {
      if (at->nlmsg_seq != sequence_) continue;
      if (at->nlmsg_flags & NLM_F_DUMP_INTR) interrupted = true;
      if (at->nlmsg_type == NLMSG_ERROR || at->nlmsg_type == NLMSG_DONE) return verdict(at, what);
      if (at->nlmsg_type >= NLMSG_MIN_TYPE) replies.emplace_back(at);
    }
  }
}

Result<void> Netlink::request(Message& message, std::string_view what) {
  std::vector<Reply> replies;
  bool interrupted = false;
  return exchange(message, what, replies, interrupted);
}

Result<std::vector<Reply>> Netlink::query(Message& message, std::string_view what) {
  // A dump during which the tables changed says so and may lack entries (NLM_F_DUMP_INTR): ask again, within reason.
  for (int attempt = 1;; ++attempt) {
    std::vector<Reply> replies;
    bool interrupted = false;
    LXCX_CHECK(exchange(message, what, replies, interrupted));
    if (!interrupted) return replies;
    if (attempt == 10) return fail(Code::busy, std::string(what) + ": the tables keep changing while they are read", "try again");
  }
}

}  // namespace lxcx::net
