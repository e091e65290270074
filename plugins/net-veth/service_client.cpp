// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service_client.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "lxcx/fd.hpp"

namespace lxcx::net {
namespace {

constexpr timeval patience{.tv_sec = 15, .tv_usec = 0};

Failure not_there(const std::string& path, int error) {
  return fail_errno(error, "the service that makes network devices for ordinary users is not there: connect '" + path + "'",
                    "root turns it on (systemctl enable --now lxcx-netd.socket), and allows it in /etc/lxc/lxc-usernet: lxcx-netd(8); "
                    "lxc.net.0.type = empty does without");
}

Result<Fd> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return fail(Code::config, "'" + path + "' is too long for the path of a socket", "107 bytes are the most");
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno(errno, "socket AF_UNIX");
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) (void)::setsockopt(socket.get(), SOL_SOCKET, option, &patience, sizeof patience);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  Failure failure = not_there(path, errno);
  failure.error().code = Code::denied;
  return failure;
}

Result<void> send(int socket, service::RequestFrame frame, int netns_fd) {
  iovec part{frame.data(), frame.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (netns_fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_LEN(sizeof(int));
    cmsghdr* attached = CMSG_FIRSTHDR(&message);
    attached->cmsg_level = SOL_SOCKET;
    attached->cmsg_type = SCM_RIGHTS;
    attached->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(attached), &netns_fd, sizeof netns_fd);
  }
  if (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) return fail_errno(errno, "send a request to lxcx-netd", "try again");
  return {};
}

}  // namespace

Result<service::Made> ask_service(const std::string& socket_path, const service::Request& request, int netns_fd) {
  LXCX_CHECK(service::check_request(request));
  LXCX_TRY(socket, connect_to(socket_path));
  // The service may have replied and hung up without reading the request: the kernel tells of that first, and then has the reply.
  const Result<void> sent = send(socket.get(), service::encode(request), netns_fd);
  service::ReplyFrame frame{};
  ssize_t size = ::recv(socket.get(), frame.data(), frame.size(), 0);
  if (size < 0 && errno == ECONNRESET) size = ::recv(socket.get(), frame.data(), frame.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return fail(Code::timeout, "lxcx-netd does not answer", "root sees why: journalctl -u lxcx-netd");
  if (size <= 0) {
    LXCX_CHECK(sent);
    return fail(Code::kernel, "lxcx-netd ended without an answer", "try again; root sees why: journalctl -u lxcx-netd");
  }
  return doing(service::decode_reply(std::span(frame).first(static_cast<std::size_t>(size))), "lxcx-netd");
}

}  // namespace lxcx::net
