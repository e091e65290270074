// SPDX-License-Identifier: Apache-2.0
// A process whose getppid(2) is notified of, and a proxy that a test plays itself.
#pragma once
#include <linux/seccomp.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/unique_fd.hpp"

namespace lxcx::test {

/// What getppid(2) gave: its value, or minus its errno.
class NotifiedProcess {
 public:
  NotifiedProcess();
  ~NotifiedProcess();
  NotifiedProcess(const NotifiedProcess&) = delete;
  NotifiedProcess& operator=(const NotifiedProcess&) = delete;

  pid_t pid() const { return pid_; }
  core::UniqueFd take_listener() { return std::move(listener_); }
  void call() const;                  ///< makes it call; the result comes when somebody has answered
  bool has_result() const;
  std::optional<long> result() const;  ///< waits ten seconds at most
  void end();

 private:
  pid_t pid_ = -1;
  core::UniqueFd socket_, listener_;
};

/// A question as a proxy gets it.
struct ProxyQuestion {
  std::string bytes;
  std::vector<core::UniqueFd> fds;
  seccomp_notif request() const;
  std::string answer(seccomp_notif_resp response) const;  ///< the id is the request's
};

class TestProxy {
 public:
  explicit TestProxy(std::string path);
  const std::string& path() const { return path_; }
  std::string address() const { return "unix:" + path_; }
  /// A connection that waits; empty when there is none.
  core::UniqueFd accept() const;
  void close() { listener_.reset(); }

  /// What a connection has to say; empty bytes: it closed; nothing: it says nothing yet.
  static std::optional<ProxyQuestion> hear(int connection);
  static void say(int connection, const std::string& bytes);

 private:
  std::string path_;
  core::UniqueFd listener_;
};

}  // namespace lxcx::test
