// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/listen.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace lxcx::net::service {
namespace {

constexpr int first_passed_fd = 3;  // SD_LISTEN_FDS_START
constexpr int backlog = 128;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(Code::usage, "'" + path + "' cannot be the path of a socket", "107 bytes are the most");
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

const sockaddr* raw(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

/// What a service that was killed has left.
Result<void> remove_stale(const std::string& path, const sockaddr_un& address) {
  const Fd probe(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!probe) return fail_errno(errno, "socket AF_UNIX");
  if (::connect(probe.get(), raw(address), sizeof address) == 0)
    return fail(Code::busy, "somebody listens on '" + path + "' already", "systemctl status lxcx-netd.socket");
  if (errno == ECONNREFUSED && ::unlink(path.c_str()) != 0) return fail_errno(errno, "unlink '" + path + "'");
  return {};
}

int option_of(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

Result<BoundSocket> BoundSocket::bind(const std::string& path) {
  LXCX_TRY(address, address_of(path));
  if (const std::size_t slash = path.rfind('/'); slash != path.npos && slash > 0) ::mkdir(path.substr(0, slash).c_str(), 0711);
  LXCX_CHECK(remove_stale(path, address));
  Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, "socket AF_UNIX");
  const mode_t before = ::umask(0111);
  const int bound = ::bind(fd.get(), raw(address), sizeof address);
  const int error = errno;
  ::umask(before);
  if (bound != 0) return fail_errno(error, "bind '" + path + "'");
  BoundSocket socket(std::move(fd), path);
  if (::listen(socket.get(), backlog) != 0) return fail_errno(errno, "listen on '" + path + "'");
  return socket;
}

BoundSocket::~BoundSocket() {
  if (fd_) ::unlink(path_.c_str());
  fd_.release();
}

Result<std::optional<Fd>> passed_socket() {
  const char* pid = ::getenv("LISTEN_PID");
  const char* count = ::getenv("LISTEN_FDS");
  if (pid == nullptr || count == nullptr || std::to_string(::getpid()) != pid) return std::nullopt;
  Fd fd(first_passed_fd);
  const bool is_fit = std::string(count) == "1" && option_of(fd.get(), SO_DOMAIN) == AF_UNIX && option_of(fd.get(), SO_TYPE) == SOCK_SEQPACKET &&
                      option_of(fd.get(), SO_ACCEPTCONN) == 1;
  if (!is_fit)
    return fail(Code::usage, "the service manager passed no listening socket of this protocol", "use lxcx-netd.socket as it was installed");
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  return fd;
}

}  // namespace lxcx::net::service
