// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/monitor/program/console.hpp"
#include "core/monitor/program/notifier.hpp"
#include "core/monitor/program/options.hpp"
#include "core/monitor/protocol.hpp"

namespace lxcx::monitor {

/// The control socket (docs/control-protocol.md). Nothing a client sends or leaves unread can hold the monitor up: packets are short, answers
/// never wait, and there are `max_connections` of them at most.
class ControlServer {
 public:
  static constexpr unsigned max_connections = 32;

  /// False when epoll refuses the socket.
  bool open(const Options& options, int epoll, Console& console, Notifier& notifier);
  void accept();
  void on_connection(unsigned slot, std::uint32_t events);

 private:
  struct Connection {
    int fd = -1;
    int tty = -1;  ///< what it holds; 0: the console
  };

  void refuse(int fd, std::uint32_t code, const char* why);
  void close(Connection& connection);
  /// These return false when the answer could not be sent.
  bool answer(Connection& connection, const core::control::Request& request, int& descriptor);
  bool allocate(Connection& connection, std::int32_t number);
  bool allocate_console(Connection& connection);
  bool allocate_tty(Connection& connection, std::int32_t number);
  bool read_buffer(Connection& connection, std::uint64_t from);
  bool add_listener(Connection& connection, int& descriptor);
  bool send_done(Connection& connection, core::control::Type type, std::size_t payload, int fd);
  bool send_error(Connection& connection, std::uint32_t code, const char* why);
  bool is_busy(int tty) const;

  int listener_ = -1;
  int epoll_ = -1;
  int init_pidfd_ = -1;
  const char* ttys_ = "";
  Console* console_ = nullptr;
  Notifier* notifier_ = nullptr;
  Connection connections_[max_connections];
  std::uint8_t frame_[core::control::max_frame];
};

}  // namespace lxcx::monitor
