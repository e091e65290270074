// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "core/kernel/real_kernel.hpp"
#include "core/kernel/system_call.hpp"

namespace lxcx::core {
namespace {

using namespace system_call;

constexpr std::size_t max_message_fds = 16;

struct UnixAddress {
  sockaddr_un address = {};
  socklen_t length = 0;
};

Result<UnixAddress> unix_address(const char* call, const char* path) {
  UnixAddress made;
  made.address.sun_family = AF_UNIX;
  const std::size_t size = std::strlen(path);
  // An empty path would be an autobound abstract name: architecture §7.8 forbids abstract sockets.
  errno = size == 0 ? EINVAL : ENAMETOOLONG;
  if (size == 0 || size >= sizeof made.address.sun_path) return failed(call, path);
  std::memcpy(made.address.sun_path, path, size + 1);
  made.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size + 1);
  return made;
}

union ControlBuffer {
  cmsghdr header;  // for its alignment
  std::array<char, CMSG_SPACE(sizeof(int) * max_message_fds)> bytes;
};

void take_fds(msghdr& message, std::vector<UniqueFd>& fds) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> RealKernel::pipe2(int flags) {
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), flags | O_CLOEXEC) < 0) return failed("pipe2");
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

Result<std::pair<UniqueFd, UniqueFd>> RealKernel::socketpair(int type) {
  std::array<int, 2> ends = {};
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) < 0) return failed("socketpair");
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

Result<UniqueFd> RealKernel::socket(int domain, int type, int protocol) { return owned(::socket(domain, type | SOCK_CLOEXEC, protocol), "socket"); }

Result<void> RealKernel::bind_unix(int fd, const char* path) {
  LXCX_TRY(name, unix_address("bind", path));
  return done(::bind(fd, reinterpret_cast<const sockaddr*>(&name.address), name.length), "bind", path);
}

Result<void> RealKernel::connect_unix(int fd, const char* path) {
  LXCX_TRY(name, unix_address("connect", path));
  // connect(2) after EINTR goes on by itself; on AF_UNIX it simply was not made, and may be tried again (unix(7)).
  return done(retry_on_eintr([&] { return ::connect(fd, reinterpret_cast<const sockaddr*>(&name.address), name.length); }), "connect", path);
}

Result<void> RealKernel::listen(int fd, int backlog) {
  if (::listen(fd, backlog) < 0) return failed_fd("listen", fd);
  return {};
}

Result<UniqueFd> RealKernel::accept(int fd) {
  return owned(retry_on_eintr([&] { return ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC); }), "accept4");
}

Result<Credentials> RealKernel::peer_credentials(int fd) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return failed_fd("getsockopt SO_PEERCRED", fd);
  return Credentials{peer.pid, peer.uid, peer.gid};
}

Result<void> RealKernel::sendmsg(int fd, std::string_view bytes, std::span<const int> fds) {
  errno = EINVAL;
  if (fds.size() > max_message_fds) return failed_fd("sendmsg with too many fds on", fd);
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  ControlBuffer control = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  const ssize_t sent = retry_on_eintr([&] { return ::sendmsg(fd, &message, MSG_NOSIGNAL); });
  if (sent >= 0 && static_cast<std::size_t>(sent) < bytes.size()) errno = EMSGSIZE;
  if (sent < 0 || static_cast<std::size_t>(sent) < bytes.size()) return failed_fd("sendmsg", fd);
  return {};
}

Result<std::string> RealKernel::recvmsg(int fd, std::size_t limit, std::vector<UniqueFd>& fds) {
  ControlBuffer control = {};
  msghdr message = {};
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  ssize_t got = -1;
  std::string bytes;
  // Not filled with zeros first: the limit is far above what messages have, and untouched pages cost nothing.
  bytes.resize_and_overwrite(limit, [&](char* data, std::size_t size) {
    iovec part{data, size};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    got = retry_on_eintr([&] { return ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC); });
    return static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  });
  if (got < 0) return failed_fd("recvmsg", fd);
  std::vector<UniqueFd> received;
  take_fds(message, received);  // before any refusal, so that they are closed
  errno = EMSGSIZE;
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return failed_fd("recvmsg of a message that is too long on", fd);
  for (UniqueFd& one : received) fds.push_back(std::move(one));
  return bytes;
}

Result<int> RealKernel::poll(std::span<pollfd> fds, int timeout_ms) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  int left = timeout_ms;
  for (;;) {
    const int ready = ::poll(fds.data(), fds.size(), left);
    if (ready >= 0) return ready;
    if (errno != EINTR) return failed("poll");
    if (timeout_ms < 0) continue;
    const auto remaining = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    left = remaining > 0 ? static_cast<int>(remaining) : 0;
  }
}

}  // namespace lxcx::core
