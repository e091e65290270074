// SPDX-License-Identifier: Apache-2.0
// Any bytes as a packet on the control socket: one request, which encodes to the same bytes again, or a defect with a text. And any position
// in a request as a position in the console's buffer: what it answers lies within the buffer.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "core/monitor/program/ring_buffer.hpp"
#include "core/monitor/protocol.hpp"

namespace {

using namespace lxcx::core::control;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_encoding(const Request& request, const std::uint8_t* bytes, std::size_t size) {
  std::array<std::uint8_t, max_request> again{};
  require(encode_request(request, again.data()) == size);
  require(std::memcmp(again.data(), bytes, size) == 0);
}

void check_frame(const std::uint8_t* bytes, std::size_t size, Defect of_request) {
  Frame frame;
  const Defect defect = parse_frame(bytes, size, frame);
  require(std::strlen(text_of(defect)) > 0);
  if (defect != Defect::none) require(of_request == defect);
  if (defect == Defect::none) require(frame.payload == bytes + header_size && frame.size == size - header_size);
}

void check_ring(std::uint64_t position, const std::uint8_t* bytes, std::size_t size) {
  std::array<std::uint8_t, 7> memory{};
  lxcx::monitor::RingBuffer ring(memory.data(), memory.size());
  ring.append(bytes, size);
  const auto inside = [&](const lxcx::monitor::RingBuffer::Piece& piece) {
    return piece.size == 0 || (piece.bytes >= memory.data() && piece.bytes + piece.size <= memory.data() + memory.size());
  };
  require(inside(ring.piece(position, SIZE_MAX)));
  ring.clear(position);
  require(ring.begin() <= ring.end() && ring.end() - ring.begin() <= memory.size());
  require(inside(ring.piece(ring.begin(), SIZE_MAX)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Request request;
  const Defect defect = parse_request(data, size, request);
  check_frame(data, size, defect);
  if (defect == Defect::none) check_encoding(request, data, size);
  check_ring(request.position, data, size);
  return 0;
}
