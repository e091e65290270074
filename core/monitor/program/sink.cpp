// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/sink.hpp"

#include <unistd.h>

#include <cerrno>

namespace lxcx::monitor {

namespace {

std::size_t append_text(char* buffer, std::size_t at, const char* text) {
  const std::size_t length = std::strlen(text);
  std::memcpy(buffer + at, text, length);
  return at + length;
}

std::size_t append_number(char* buffer, std::size_t at, std::uint64_t number) {
  char digits[20];
  std::size_t count = 0;
  do digits[count++] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  while (count > 0) buffer[at++] = digits[--count];
  return at;
}

}  // namespace

void Sink::open(int fd, const RingBuffer& ring, const Chunk& chunk, bool replay) {
  *this = {};
  fd_ = fd;
  sent_ = chunk.size;  // it is in the ring already
  replay_from_ = replay ? ring.begin() : ring.end();
  replay_to_ = ring.end();
}

void Sink::chunk_is_new(const Chunk& chunk) {
  sent_ = 0;
  if (!passed_over_) return;
  lost_ += chunk.size;
  sent_ = chunk.size;
}

Sink::State Sink::write_some(const std::uint8_t* bytes, std::size_t size, std::int64_t now_ms, std::size_t& written) {
  for (written = 0; written < size;) {
    const ssize_t result = ::write(fd_, bytes + written, size - written);
    if (result < 0 && errno != EAGAIN && errno != EINTR) return State::closed;
    if (result > 0) {
      written += static_cast<std::size_t>(result);
      blocked_since_ms_ = now_ms;
      continue;
    }
    if (written == 0 && !blocked_) blocked_since_ms_ = now_ms;
    blocked_ = true;
    return State::waiting;
  }
  return State::done;
}

Sink::State Sink::pass_over(const Chunk& chunk) {
  passed_over_ = true;
  lost_ += replay_to_ - replay_from_ + (chunk.size - sent_);
  replay_from_ = replay_to_;
  sent_ = chunk.size;
  return State::done;
}

Sink::State Sink::tell_loss(std::int64_t now_ms) {
  if (notice_size_ == 0) {
    notice_size_ = append_text(notice_, 0, "\r\n[lxcx: ");
    notice_size_ = append_number(notice_, notice_size_, lost_);
    notice_size_ = append_text(notice_, notice_size_, " bytes lost here]\r\n");
    lost_ = 0;
  }
  std::size_t written = 0;
  const State state = write_some(reinterpret_cast<const std::uint8_t*>(notice_) + notice_sent_, notice_size_ - notice_sent_, now_ms, written);
  notice_sent_ += written;
  if (state == State::done) notice_size_ = notice_sent_ = 0;
  return state;
}

Sink::State Sink::flush(const RingBuffer& ring, const Chunk& chunk, std::int64_t now_ms) {
  if (fd_ < 0) return State::done;
  if (blocked_) {
    if (passed_over_) return State::done;
    return now_ms - blocked_since_ms_ >= patience_ms ? pass_over(chunk) : State::waiting;
  }
  passed_over_ = false;
  std::size_t written = 0;
  State state = State::done;
  while (state == State::done && (notice_size_ > 0 || lost_ > 0)) state = tell_loss(now_ms);
  while (state == State::done && replay_from_ < replay_to_) {
    if (replay_from_ < ring.begin()) replay_from_ = ring.begin() < replay_to_ ? ring.begin() : replay_to_;  // cleared meanwhile
    const RingBuffer::Piece piece = ring.piece(replay_from_, static_cast<std::size_t>(replay_to_ - replay_from_));
    if (piece.size == 0) break;
    state = write_some(piece.bytes, piece.size, now_ms, written);
    replay_from_ += written;
  }
  if (state == State::done && sent_ < chunk.size) {
    state = write_some(chunk.bytes + sent_, chunk.size - sent_, now_ms, written);
    sent_ += written;
  }
  return state;
}

}  // namespace lxcx::monitor
