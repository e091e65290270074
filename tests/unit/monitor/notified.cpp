// SPDX-License-Identifier: Apache-2.0
#include "notified.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include "core/kernel/kernel.hpp"

namespace lxcx::test {

using core::UniqueFd;

namespace {

constexpr int patience_ms = 10000;

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

int load_filter() {
  std::array<sock_filter, 4> code{{{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                                   {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_getppid},
                                   {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF},
                                   {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}}};
  const sock_fprog program{code.size(), code.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}

[[noreturn]] void be_notified(int socket) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const UniqueFd listener(load_filter());
  if (!listener || !core::real_kernel().sendmsg(socket, "!", std::array{listener.get()})) ::_exit(1);
  ::close(listener.get());
  char byte = 0;
  while (::read(socket, &byte, 1) == 1) {
    const long value = ::syscall(SYS_getppid);
    const long result = value < 0 ? -errno : value;
    if (::write(socket, &result, sizeof result) != sizeof result) break;
  }
  ::_exit(0);
}

bool is_readable(int fd, int timeout_ms) {
  pollfd waiting = {fd, POLLIN, 0};
  return ::poll(&waiting, 1, timeout_ms) > 0;
}

}  // namespace

NotifiedProcess::NotifiedProcess() {
  std::array<int, 2> ends = {};
  require(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0, "socketpair");
  socket_.reset(ends[0]);
  UniqueFd theirs(ends[1]);
  pid_ = ::fork();
  require(pid_ >= 0, "fork");
  if (pid_ == 0) {
    socket_.reset();
    be_notified(theirs.get());
  }
  theirs.reset();
  std::vector<UniqueFd> fds;
  const auto got = core::real_kernel().recvmsg(socket_.get(), 1, fds);
  require(got.has_value() && fds.size() == 1, "a seccomp listener");
  listener_ = std::move(fds.front());
}

NotifiedProcess::~NotifiedProcess() { end(); }

void NotifiedProcess::end() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void NotifiedProcess::call() const { require(::write(socket_.get(), "c", 1) == 1, "write"); }

bool NotifiedProcess::has_result() const { return is_readable(socket_.get(), 0); }

std::optional<long> NotifiedProcess::result() const {
  long result = 0;
  if (!is_readable(socket_.get(), patience_ms) || ::read(socket_.get(), &result, sizeof result) != sizeof result) return std::nullopt;
  return result;
}

seccomp_notif ProxyQuestion::request() const {
  seccomp_notif request = {};
  if (bytes.size() >= 32 + sizeof request) std::memcpy(&request, bytes.data() + 32, sizeof request);
  return request;
}

std::string ProxyQuestion::answer(seccomp_notif_resp response) const {
  if (response.id == 0) response.id = request().id;
  std::string answer = bytes.substr(0, 32 + sizeof(seccomp_notif));
  return answer.append(reinterpret_cast<const char*>(&response), sizeof response);
}

TestProxy::TestProxy(std::string path) : path_(std::move(path)) {
  ::unlink(path_.c_str());
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  listener_.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  require(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
  require(::listen(listener_.get(), 16) == 0, "listen");
}

UniqueFd TestProxy::accept() const { return UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

std::optional<ProxyQuestion> TestProxy::hear(int connection) {
  if (!is_readable(connection, 0)) return std::nullopt;
  ProxyQuestion question;
  auto got = core::real_kernel().recvmsg(connection, 8192, question.fds);
  if (got) question.bytes = std::move(*got);
  return question;
}

void TestProxy::say(int connection, const std::string& bytes) { (void)::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

}  // namespace lxcx::test
