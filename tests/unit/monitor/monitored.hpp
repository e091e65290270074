// SPDX-License-Identifier: Apache-2.0
// A stand-in for a container: a forked process on a pty as its init, and the real monitor program as its parent.
#pragma once
#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "core/monitor/monitor.hpp"

namespace lxcx::test {

/// A directory that goes with what is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);  ///< empty when there is none
void write_file(const std::string& path, std::string_view text);
bool exists(const std::string& path);
/// Until `claim` holds, for ten seconds at most.
bool eventually(const std::function<bool()>& claim);
/// What can be read until `size` bytes are there, the end, or ten seconds without a byte.
std::string read_bytes(int fd, std::size_t size);
/// Reads until `text` came by; what was read.
std::string read_until(int fd, std::string_view text);
void write_bytes(int fd, std::string_view bytes);

struct Pty {
  core::UniqueFd master, slave;
};
Pty make_pty();  ///< raw
std::pair<core::UniqueFd, core::UniqueFd> make_socketpair();

struct MonitoredOptions {
  std::function<int()> init;  ///< runs with the console's slave as 0-2; its value is the exit code
  int peer = -1;
  std::string log;
  std::uint64_t log_size = 0, buffer_size = 0;
  bool rotate = false, foreground = false, console = true;
  unsigned ttys = 0;
  std::vector<std::string> teardown;  ///< empty: touch RUN_DIRECTORY/torn-down
  int listener = -1;  ///< of a seccomp filter, handed over at the start
  std::string notify_proxy, notify_cookie, log_file;
  std::uint64_t notify_timeout_ms = 0;
  bool adopted = false;               ///< init is not the monitor's child
  std::string run_directory;          ///< empty: its own
};

class Monitored {
 public:
  explicit Monitored(MonitoredOptions options);
  ~Monitored();
  Monitored(const Monitored&) = delete;
  Monitored& operator=(const Monitored&) = delete;

  pid_t monitor() const { return monitor_; }
  pid_t init() const { return init_; }
  const std::string& run_directory() const { return run_directory_; }
  std::string file(std::string_view name) const { return run_directory_ + "/" + std::string(name); }
  Result<core::ControlClient> connect() const;
  core::UniqueFd connect_raw() const;  ///< a bare SOCK_SEQPACKET connection
  /// The slave's pts path, and tty n's.
  const std::string& tty_path(unsigned number) const { return tty_paths_[number]; }
  /// The wait status of what was the monitor; waits for its end.
  int wait();
  /// What the scheduler has counted for the monitor: context switches of both kinds, time on a processor. Still while it sleeps.
  std::string activity() const;

 private:
  [[noreturn]] void be_starter(const MonitoredOptions& options, int report, std::vector<Pty> ptys) const;

  TemporaryDirectory directory_;
  std::string run_directory_;
  pid_t monitor_ = -1, init_ = -1;
  std::vector<std::string> tty_paths_;
  bool waited_ = false;
};

}  // namespace lxcx::test
