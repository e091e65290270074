// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/connection.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <span>

namespace lxcx::net::service {
namespace {

constexpr timeval patience{.tv_sec = 2, .tv_usec = 0};
constexpr unsigned longest_service_s = 10;

struct Received {
  std::array<std::uint8_t, request_size + 1> bytes{};  // one more than a request has
  std::size_t size = 0;
  Fd netns;
  bool has_too_much = false;
};

/// There is room for one descriptor; the kernel keeps any further one back.
std::optional<Received> receive(int connection) {
  Received received;
  iovec part{received.bytes.data(), received.bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_LEN(sizeof(int));
  const ssize_t size = ::recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
  if (size <= 0) return std::nullopt;
  received.size = static_cast<std::size_t>(size);
  received.has_too_much = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  const cmsghdr* attached = CMSG_FIRSTHDR(&message);
  if (attached != nullptr && attached->cmsg_level == SOL_SOCKET && attached->cmsg_type == SCM_RIGHTS && attached->cmsg_len >= CMSG_LEN(sizeof(int))) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(attached), sizeof fd);
    received.netns.reset(fd);
  }
  return received;
}

Result<Made> result_of(const Received& received, const User& user, const Means& means) {
  if (received.has_too_much) return fail(Code::usage, "a malformed request: it is too large", "this is the protocol of lxcx itself");
  LXCX_TRY(request, decode_request(std::span(received.bytes).first(received.size)));
  return answer(means, user, request, received.netns.get());
}

}  // namespace

std::optional<uid_t> user_of(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

void serve(int connection, uid_t uid, const Means& means) {
  // Ends this process, should anything take longer: a directory service that does not answer, for instance.
  ::alarm(longest_service_s);
  // Before anything is received: a user's subordinate ids, each with a share of its own, are nobody's here and wait for nothing.
  const Result<User> user = find_user(uid);
  if (!user) return reply(connection, std::unexpected(user.error()));
  (void)::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const std::optional<Received> received = receive(connection);
  if (received) reply(connection, result_of(*received, *user, means));
}

void reply(int connection, const Result<Made>& result) {
  const ReplyFrame frame = encode(result);
  (void)::send(connection, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace lxcx::net::service
