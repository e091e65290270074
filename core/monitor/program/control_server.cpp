// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/control_server.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "lxcx/abi.h"

namespace lxcx::monitor {

using namespace core::control;

namespace {

bool may_talk(int fd) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == 0 || peer.uid == ::geteuid());
}

bool send_frame(int socket, std::uint8_t* frame, std::size_t size, int fd) {
  iovec data = {frame, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

/// One packet and, of the descriptors sent along, the first; the kernel closes the others, for which there is no room.
ssize_t receive(int socket, std::uint8_t* bytes, std::size_t size, int& descriptor) {
  iovec data = {bytes, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_LEN(sizeof(int));
  const ssize_t got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  const cmsghdr* header = got < 0 ? nullptr : CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS && header->cmsg_len >= CMSG_LEN(sizeof(int)))
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return got;
}

}  // namespace

bool ControlServer::open(const Options& options, int epoll, Console& console, Notifier& notifier) {
  listener_ = options.control;
  epoll_ = epoll;
  init_pidfd_ = options.init_pidfd;
  ttys_ = options.ttys;
  console_ = &console;
  notifier_ = &notifier;
  if (listener_ < 0) return true;
  ::fcntl(listener_, F_SETFL, ::fcntl(listener_, F_GETFL) | O_NONBLOCK);
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u32 = source_control;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) == 0;
}

void ControlServer::accept() {
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  if (!may_talk(fd)) return refuse(fd, LXCX_DENIED, "only root and the container's owner may talk to its monitor");
  unsigned slot = 0;
  while (slot < max_connections && connections_[slot].fd >= 0) ++slot;
  if (slot == max_connections) return refuse(fd, LXCX_BUSY, "the monitor has as many connections as it takes");
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.u32 = source_connection + slot;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return refuse(fd, LXCX_KERNEL, "epoll_ctl failed");
  connections_[slot] = {fd, -1};
}

void ControlServer::refuse(int fd, std::uint32_t code, const char* why) {
  send_frame(fd, frame_, encode_error(code, why, frame_), -1);
  ::close(fd);
}

void ControlServer::close(Connection& connection) {
  if (connection.tty == 0) console_->disconnect_client();
  ::close(connection.fd);
  connection = {};
}

void ControlServer::on_connection(unsigned slot, std::uint32_t events) {
  Connection& connection = connections_[slot];
  if (connection.fd < 0) return;
  std::uint8_t bytes[max_request + 1];  // one byte more than any request, so that a longer one shows
  int descriptor = -1;
  const ssize_t got = receive(connection.fd, bytes, sizeof bytes, descriptor);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    if ((events & EPOLLHUP) != 0) close(connection);
    return;
  }
  const bool hung_up = (events & (EPOLLHUP | EPOLLRDHUP)) != 0;
  if (got < 0 || (got == 0 && hung_up && descriptor < 0)) return close(connection);
  Request request;
  const auto size = static_cast<std::size_t>(got);
  const Defect defect = size > max_request ? Defect::too_long : parse_request(bytes, size, request);
  // Before the answer: whoever has that finds no descriptor of his here.
  if (descriptor >= 0 && (defect != Defect::none || request.type != Type::add_listener)) {
    ::close(descriptor);
    descriptor = -1;
  }
  const bool sent =
      defect == Defect::none
          ? answer(connection, request, descriptor)
          : send_error(connection,
                       defect == Defect::unknown_type || defect == Defect::bad_version ? std::uint32_t{LXCX_UNSUPPORTED} : std::uint32_t{LXCX_USAGE},
                       text_of(defect));
  if (descriptor >= 0) ::close(descriptor);
  if (!sent) close(connection);
}

// `descriptor` came along, or is -1; who takes it makes it -1.
bool ControlServer::answer(Connection& connection, const Request& request, int& descriptor) {
  switch (request.type) {
    case Type::ping: return send_done(connection, request.type, 0, -1);
    case Type::init_pidfd: return send_done(connection, request.type, 0, init_pidfd_);
    case Type::allocate_tty: return allocate(connection, request.tty);
    case Type::read_console_buffer: return read_buffer(connection, request.position);
    case Type::clear_console_buffer:
      if (!console_->ring().exists()) return send_error(connection, LXCX_UNSUPPORTED, "the console has no buffer");
      console_->ring().clear(request.position);
      return send_done(connection, request.type, 0, -1);
    case Type::resize_console:
      if (connection.tty != 0) return send_error(connection, LXCX_USAGE, "this connection does not hold the console");
      console_->resize({request.rows, request.columns, 0, 0});
      return send_done(connection, request.type, 0, -1);
    case Type::add_listener: return add_listener(connection, descriptor);
  }
  return false;
}

bool ControlServer::is_busy(int tty) const {
  for (const Connection& connection : connections_) {
    if (connection.fd >= 0 && connection.tty == tty) return true;
  }
  return false;
}

bool ControlServer::allocate(Connection& connection, std::int32_t number) {
  if (connection.tty >= 0) return send_error(connection, LXCX_BUSY, "this connection holds a tty already");
  return number == 0 ? allocate_console(connection) : allocate_tty(connection, number);
}

bool ControlServer::allocate_tty(Connection& connection, std::int32_t number) {
  int tty = number > 0 ? number : 1;
  if (number < 0) {
    while (fd_of_list(ttys_, tty) >= 0 && is_busy(tty)) ++tty;
  }
  const int master = fd_of_list(ttys_, tty);
  if (master < 0 && number < 0 && tty > 1) return send_error(connection, LXCX_BUSY, "all ttys are in use");
  if (master < 0) return send_error(connection, LXCX_NOT_FOUND, "the container has no such tty");
  if (is_busy(tty)) return send_error(connection, LXCX_BUSY, "this tty is in use");
  connection.tty = tty;
  put32(frame_ + header_size, static_cast<std::uint32_t>(tty));
  return send_done(connection, Type::allocate_tty, 4, master);
}

// The console's client gets one end of a socket pair: unlike a pty's, its end of file is plain and its buffers are roomy.
bool ControlServer::allocate_console(Connection& connection) {
  if (!console_->exists()) return send_error(connection, LXCX_NOT_FOUND, "the container has no console");
  if (is_busy(0) || console_->has_client()) return send_error(connection, LXCX_BUSY, "the console is in use");
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return send_error(connection, LXCX_KERNEL, "socketpair failed");
  ::fcntl(ends[0], F_SETFL, O_RDWR | O_NONBLOCK);
  if (!console_->connect_client(ends[0])) {
    ::close(ends[0]);
    ::close(ends[1]);
    return send_error(connection, LXCX_KERNEL, "epoll_ctl failed");
  }
  connection.tty = 0;
  put32(frame_ + header_size, 0);
  const bool sent = send_done(connection, Type::allocate_tty, 4, ends[1]);
  ::close(ends[1]);
  return sent;
}

// Answer: the position of the first byte, the position after the buffer's last, the bytes.
bool ControlServer::read_buffer(Connection& connection, std::uint64_t from) {
  const RingBuffer& ring = console_->ring();
  if (!ring.exists()) return send_error(connection, LXCX_UNSUPPORTED, "the console has no buffer");
  if (from < ring.begin()) from = ring.begin();
  if (from > ring.end()) from = ring.end();
  const RingBuffer::Piece piece = ring.piece(from, max_payload - 16);
  put64(frame_ + header_size, from);
  put64(frame_ + header_size + 8, ring.end());
  if (piece.size > 0) std::memcpy(frame_ + header_size + 16, piece.bytes, piece.size);
  return send_done(connection, Type::read_console_buffer, 16 + piece.size, -1);
}

bool ControlServer::add_listener(Connection& connection, int& descriptor) {
  if (descriptor < 0) return send_error(connection, LXCX_USAGE, "no descriptor came with the request");
  const Notifier::Added added = notifier_->add(descriptor);
  descriptor = -1;
  switch (added) {
    case Notifier::Added::yes: return send_done(connection, Type::add_listener, 0, -1);
    case Notifier::Added::too_many: return send_error(connection, LXCX_BUSY, "the monitor has as many seccomp listeners as it takes");
    case Notifier::Added::no_listener: return send_error(connection, LXCX_USAGE, "the descriptor is no seccomp listener");
    case Notifier::Added::failed: break;
  }
  return send_error(connection, LXCX_KERNEL, "epoll_ctl failed");
}

bool ControlServer::send_done(Connection& connection, Type type, std::size_t payload, int fd) {
  const auto answer_type = static_cast<std::uint16_t>(static_cast<std::uint16_t>(type) | answer_bit);
  return send_frame(connection.fd, frame_, put_header(frame_, answer_type, payload), fd);
}

bool ControlServer::send_error(Connection& connection, std::uint32_t code, const char* why) {
  return send_frame(connection.fd, frame_, encode_error(code, why, frame_), -1);
}

}  // namespace lxcx::monitor
