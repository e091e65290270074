// SPDX-License-Identifier: Apache-2.0
#include "core/monitor/program/ring_buffer.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <string>

using lxcx::monitor::RingBuffer;

namespace {

void append(RingBuffer& ring, const std::string& text) { ring.append(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()); }

std::string content(const RingBuffer& ring) {
  std::string text;
  for (std::uint64_t at = ring.begin(); at < ring.end();) {
    const RingBuffer::Piece piece = ring.piece(at, 3);
    if (piece.size == 0) break;
    text.append(reinterpret_cast<const char*>(piece.bytes), piece.size);
    at += piece.size;
  }
  return text;
}

}  // namespace

TEST_CASE("the ring keeps the last bytes, whatever the pieces", "[ring]") {
  const std::size_t step = GENERATE(1, 2, 3, 7, 8, 9, 20, 100);
  std::array<std::uint8_t, 8> memory{};
  RingBuffer ring(memory.data(), memory.size());
  std::string all;
  for (unsigned i = 0; i < 100; ++i) all += static_cast<char>('a' + i % 26);
  for (std::size_t at = 0; at < all.size(); at += step) {
    append(ring, all.substr(at, step));
    const std::string sofar = all.substr(0, std::min(at + step, all.size()));
    CHECK(content(ring) == sofar.substr(sofar.size() > 8 ? sofar.size() - 8 : 0));
  }
  CHECK(ring.end() == all.size());
}

TEST_CASE("clearing forgets what was read and nothing that came since", "[ring]") {
  std::array<std::uint8_t, 8> memory{};
  RingBuffer ring(memory.data(), memory.size());
  append(ring, "abcdef");
  ring.clear(4);
  CHECK(content(ring) == "ef");
  ring.clear(2);
  CHECK(content(ring) == "ef");
  ring.clear(UINT64_MAX);
  CHECK(content(ring).empty());
  append(ring, "xyz");
  CHECK(content(ring) == "xyz");
  CHECK(ring.piece(0, 8).size == 0);
  CHECK(ring.piece(UINT64_MAX, 8).size == 0);
}

TEST_CASE("a ring that does not exist swallows", "[ring]") {
  RingBuffer ring;
  append(ring, "abc");
  CHECK_FALSE(ring.exists());
  CHECK(ring.begin() == ring.end());
}
