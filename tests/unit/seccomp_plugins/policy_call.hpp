// SPDX-License-Identifier: Apache-2.0
// A policy on disk, the plugin compiling it, and a process that lives under the result.
#pragma once
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "lxcx/abi.h"
#include "tests/support/fake_call.hpp"
#include "tests/support/in_child.hpp"

extern "C" const lxcx_plugin_descriptor lxcx_plugin;

namespace lxcx::test {

/// A file of its own, removed at the end.
class PolicyFile {
 public:
  explicit PolicyFile(const std::string& text) {
    const int fd = mkstemp(path_.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    std::ofstream(path_) << text;
  }
  ~PolicyFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/lxcxt-policy-XXXXXX";
};

inline lxcx_code security_verb(FakeCall& call, bool compile) {
  lxcx_confinement confinement{};
  confinement.size = sizeof confinement;
  confinement.container = lower("web");
  const auto* ops = static_cast<const lxcx_security_ops*>(lxcx_plugin.ops);
  return compile ? ops->compile(&call, &confinement) : ops->validate(&call, &confinement);
}

/// The program that the plugin emits for a policy.
inline std::string compiled(const std::string& path) {
  FakeCall call(FakeCall::Settings{{"lxc.seccomp.profile", path}});
  const lxcx_code code = security_verb(call, true);
  INFO(call.message);
  REQUIRE(code == LXCX_OK);
  REQUIRE(call.results["payload.seccomp.flags"] == "0");
  REQUIRE_FALSE(call.results["payload.seccomp"].empty());
  return call.results["payload.seccomp"];
}

/// Installs a program as lxcx does; with no_new_privs, so that the test needs no root.
inline bool install(const std::string& program) {
  sock_fprog prog{static_cast<unsigned short>(program.size() / sizeof(sock_filter)),
                  reinterpret_cast<sock_filter*>(const_cast<char*>(program.data()))};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0;
}

/// How a process under `program` ends when it exits with what `body` returns.
template <class Body>
std::string under(const std::string& program, Body body) {
  return in_child([&] { return install(program) ? body() : 254; });
}

/// The errno of a system call under `program`, "exit 0" when it succeeds.
template <class... Args>
std::string errno_under(const std::string& program, long number, Args... args) {
  return under(program, [&] { return syscall(number, args...) < 0 ? errno : 0; });
}

}  // namespace lxcx::test
