// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lxcx::monitor {

/// The last `capacity` bytes of a stream. Bytes are named by their position since the stream began, so that a reader who comes back for the
/// next piece knows what it missed. Does not own its memory.
class RingBuffer {
 public:
  RingBuffer() = default;
  RingBuffer(std::uint8_t* memory, std::size_t capacity) : memory_(memory), capacity_(capacity) {}

  bool exists() const { return memory_ != nullptr; }
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return end_; }

  void append(const std::uint8_t* bytes, std::size_t size) {
    if (capacity_ == 0) return;
    while (size > 0) {
      const std::size_t offset = static_cast<std::size_t>(end_ % capacity_);
      const std::size_t room = capacity_ - offset < size ? capacity_ - offset : size;
      std::memcpy(memory_ + offset, bytes, room);
      bytes += room;
      size -= room;
      end_ += room;
    }
    if (end_ - begin_ > capacity_) begin_ = end_ - capacity_;
  }

  struct Piece {
    const std::uint8_t* bytes = nullptr;
    std::size_t size = 0;
  };
  /// What lies in one stretch from `position`, which is in [begin, end]; at most `limit` bytes.
  Piece piece(std::uint64_t position, std::size_t limit) const {
    if (position < begin_ || position >= end_) return {};
    const std::size_t offset = static_cast<std::size_t>(position % capacity_);
    std::size_t size = capacity_ - offset;
    if (size > end_ - position) size = static_cast<std::size_t>(end_ - position);
    if (size > limit) size = limit;
    return {memory_ + offset, size};
  }

  /// Forgets what is before `position`.
  void clear(std::uint64_t position) {
    if (position > end_) position = end_;
    if (position > begin_) begin_ = position;
  }

 private:
  std::uint8_t* memory_ = nullptr;
  std::size_t capacity_ = 0;
  std::uint64_t begin_ = 0, end_ = 0;
};

}  // namespace lxcx::monitor
