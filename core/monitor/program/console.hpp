// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "core/monitor/program/console_log.hpp"
#include "core/monitor/program/options.hpp"
#include "core/monitor/program/ring_buffer.hpp"
#include "core/monitor/program/sink.hpp"
#include "core/monitor/program/terminal.hpp"

namespace lxcx::monitor {

/// What the epoll events belong to; a connection's is `source_connection` plus its slot, the notifier's begin at `source_notify`.
enum Source : std::uint32_t {
  source_init,
  source_signals,
  source_master,
  source_peer,
  source_client,
  source_control,
  source_connection,
  source_notify = source_connection + 64
};

/// Bytes on their way to the console, from the peer or a client. Input waits for the console, never the other way round.
struct Input {
  int fd = -1;
  bool readable = false;
  std::uint8_t bytes[1024];
  std::size_t begin = 0, end = 0;
  void open(int source);
};

/// The container's console: its pty's master, relayed to the peer, a client, the ring buffer and the log file, which are all optional: without
/// any of them the output is read and dropped, so that init never blocks on it.
///
/// Edge-triggered throughout: a pty's master without an open slave reports EPOLLHUP for as long as it likes, which would be a busy loop.
class Console {
 public:
  /// False when epoll refuses the master.
  bool open(const Options& options, int epoll);
  void on_event(Source source, std::uint32_t events);

  /// Moves what can be moved. True: there is more to do at once (a flood does not keep signals waiting).
  bool pump();
  /// Until when epoll may sleep, in milliseconds; -1: for ever.
  int timeout_ms() const;
  /// After init's end: what is still in the pty goes to the readers, who get a second for it; the ring buffer goes to the log; the terminal
  /// is given back as it was.
  void finish();

  bool exists() const { return master_ >= 0; }
  bool has_client() const { return client_.is_open(); }
  /// The client gets the ring buffer's content first. `fd` is non-blocking and becomes the console's.
  bool connect_client(int fd);
  void disconnect_client();

  void resize(const winsize& size);
  void resize_as_peer();
  RingBuffer& ring() { return ring_; }

 private:
  void map_ring(std::uint64_t size);
  bool watch(int fd, Source source);
  bool forward(Input& input);
  Sink::State deliver();
  bool flush(Sink& sink, std::int64_t now_ms);
  void close_reader(Sink& sink);
  bool read_chunk();

  int epoll_ = -1;
  int master_ = -1;
  bool master_readable_ = false;
  Chunk chunk_;
  Peer terminal_;
  Sink peer_, client_;
  Input peer_input_, client_input_;
  RingBuffer ring_;
  ConsoleLog log_;
};

}  // namespace lxcx::monitor
