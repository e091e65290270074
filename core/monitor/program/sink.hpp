// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/monitor/program/ring_buffer.hpp"

namespace lxcx::monitor {

/// What was read from the console last, and is to reach every sink before more is read.
struct Chunk {
  std::uint8_t bytes[4096];
  std::size_t size = 0;
};

/// A reader of the console: the peer, or a client of the control socket.
///
/// It gets every byte, and the console waits for it: that is the backpressure a flood needs. But a reader who takes nothing at all for
/// `patience_ms` (a terminal held with Ctrl-S, a stopped process) would stop the container's init in its next write; from then on it is
/// passed over, until it reads again and is told how many bytes it missed.
class Sink {
 public:
  static constexpr std::int64_t patience_ms = 3000;

  void open(int fd, const RingBuffer& ring, const Chunk& chunk, bool replay);
  /// Forgets the reader; does not close it.
  void close() { *this = {}; }
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  void chunk_is_new(const Chunk& chunk);
  /// Hands over what it can. `closed` when the reader has gone.
  enum class State {
    done,
    waiting,
    closed
  };
  State flush(const RingBuffer& ring, const Chunk& chunk, std::int64_t now_ms);
  /// The reader may take bytes again.
  void writable() { blocked_ = false; }
  /// When flush() should be called again although nothing happened; -1: never.
  std::int64_t deadline_ms() const { return blocked_ && !passed_over_ ? blocked_since_ms_ + patience_ms : -1; }

 private:
  State write_some(const std::uint8_t* bytes, std::size_t size, std::int64_t now_ms, std::size_t& written);
  State pass_over(const Chunk& chunk);
  State tell_loss(std::int64_t now_ms);

  int fd_ = -1;
  bool blocked_ = false;
  bool passed_over_ = false;
  std::int64_t blocked_since_ms_ = 0;
  std::uint64_t replay_from_ = 0, replay_to_ = 0;  ///< of the ring, before the chunk
  std::size_t sent_ = 0;                           ///< of the chunk
  std::uint64_t lost_ = 0;
  char notice_[64] = {};
  std::size_t notice_size_ = 0, notice_sent_ = 0;
};

}  // namespace lxcx::monitor
