// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/monitor/program/options.hpp"
#include "core/monitor/program/ring_buffer.hpp"

namespace lxcx::monitor {

/// lxc.console.logfile. A disk that is full or broken costs the log its text, never the container its console.
class ConsoleLog {
 public:
  void open(const Options& options);
  void write(const std::uint8_t* bytes, std::size_t size);
  /// At the end the ring buffer's content becomes the log's, as LXC has it.
  void replace(const RingBuffer& ring);

 private:
  void make_room(std::size_t size);
  void append(const std::uint8_t* bytes, std::size_t size);
  bool rotate();

  int fd_ = -1;
  int directory_ = -1;
  const char* name_ = nullptr;
  std::uint64_t limit_ = 0;
  std::uint64_t size_ = 0;
  bool rotates_ = false;
};

}  // namespace lxcx::monitor
