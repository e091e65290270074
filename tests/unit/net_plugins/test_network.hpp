// SPDX-License-Identifier: Apache-2.0
// A host and a container made of two fresh network namespaces; nothing of the machine's own network is seen or touched.
#pragma once
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "lxcx/fd.hpp"

namespace lxcx::test {

inline Fd current_netns() { return Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)); }

inline std::string netns_id() {
  std::array<char, 64> text{};
  REQUIRE(::readlink("/proc/thread-self/ns/net", text.data(), text.size() - 1) > 0);
  return text.data();
}

/// The output of a shell command run in the namespace of `netns_fd` (-1: here); `status` gets its exit status.
inline std::string output_of(const std::string& command, int netns_fd = -1, int* status = nullptr) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (netns_fd >= 0 && ::setns(netns_fd, CLONE_NEWNET) != 0) ::_exit(126);
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  const Fd reading(ends[0]);
  std::string text;
  std::array<char, 4096> chunk{};
  for (ssize_t got; (got = ::read(reading.get(), chunk.data(), chunk.size())) > 0;) text.append(chunk.data(), static_cast<std::size_t>(got));
  int ended = 0;
  REQUIRE(::waitpid(child, &ended, 0) == child);
  if (status) *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128;
  return text;
}

/// A set-up command that must work.
inline void sh(const std::string& command, int netns_fd = -1) {
  int status = 0;
  const std::string said = output_of(command, netns_fd, &status);
  INFO(command << ": " << said);
  REQUIRE(status == 0);
}

/// Repeats `ping` for up to six seconds: IPv6 addresses are tentative at first (RFC 4862), and proxied ARP answers late.
inline bool reaches(int netns_fd, const std::string& address) {
  const std::string family = address.find(':') == std::string::npos ? "-4" : "-6";
  for (int attempt = 0; attempt < 6; ++attempt) {
    int status = 0;
    output_of("busybox ping " + family + " -c 1 -W 1 " + address, netns_fd, &status);
    if (status == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return false;
}

/// A claim that comes true within two seconds, for what the kernel does in its own time.
template <class Claim>
bool soon(Claim claim) {
  for (int waited = 0; waited < 200; ++waited) {
    if (claim()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

class TestNetwork {
 public:
  TestNetwork() {
    if (::geteuid() != 0) {
      std::fputs("skipped: network namespaces need root\n", stderr);
      std::exit(77);
    }
    before_ = current_netns();
    if (::unshare(CLONE_NEWNET) != 0) {
      std::perror("skipped: unshare(CLONE_NEWNET)");
      std::exit(77);
    }
    host_ = current_netns();
    container_ = fresh_netns();
    sh("ip link set lo up && ip link add name lxcxt-br0 address 02:00:00:77:00:01 type bridge && ip link set lxcxt-br0 up && "
       "ip address add 10.77.0.1/24 dev lxcxt-br0 && ip -6 address add fd77::1/64 dev lxcxt-br0 nodad");
  }
  ~TestNetwork() {
    if (before_) ::setns(before_.get(), CLONE_NEWNET);
  }
  TestNetwork(const TestNetwork&) = delete;
  TestNetwork& operator=(const TestNetwork&) = delete;

  int container() const { return container_.get(); }
  int host() const { return host_.get(); }
  /// Nothing holds the container's namespace any more.
  void end_container() { container_.reset(); }
  /// Another namespace, as a restarted container has.
  void restart_container() { container_ = fresh_netns(); }
  Fd fresh_netns() const {
    REQUIRE(::unshare(CLONE_NEWNET) == 0);
    Fd fresh = current_netns();
    REQUIRE(::setns(host_.get(), CLONE_NEWNET) == 0);
    return fresh;
  }

  std::string in_container(const std::string& command) const { return output_of(command, container()); }
  /// All that a plugin might leave behind on the host. Carrier, neighbour states and link-local addresses change by themselves.
  static std::string host_state() {
    return output_of(
        "{ ip -o link show | sed -E 's/<.*(mtu [0-9]+).*( master [^ ]+)?.*(link.*)/\\1\\2 \\3/'; ip -o address show; ip route show table all; "
        "ip -6 route show table all; ip neigh show proxy; ip -6 neigh show proxy; } | grep -v -e fe80: -e ff00: | "
        "sed -e 's/ linkdown//' -e 's/ tentative//'");
  }
  static std::string host_links() { return output_of("ip -o link show | sed 's/^[0-9]*: \\([^:@]*\\).*/\\1/' | sort"); }

 private:
  Fd before_, host_, container_;
};

}  // namespace lxcx::test
