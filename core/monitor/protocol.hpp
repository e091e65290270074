// SPDX-License-Identifier: Apache-2.0
// The control protocol's frames (docs/control-protocol.md) as pure functions, shared by the monitor, its clients and the fuzzer.
// They allocate nothing and need no C++ runtime: the monitor has none.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lxcx::core::control {

inline constexpr std::uint32_t magic = 0x5843584c;  // "LXCX" as it lies in memory
inline constexpr std::uint16_t version = 1;
inline constexpr std::size_t header_size = 12;
inline constexpr std::size_t max_frame = 4096;
inline constexpr std::size_t max_payload = max_frame - header_size;
inline constexpr std::size_t max_request = header_size + 8;
inline constexpr std::uint16_t answer_bit = 0x8000;  // an answer's type is its request's with this bit
inline constexpr std::uint16_t error_type = 0xffff;

enum class Type : std::uint16_t {
  ping = 1,
  allocate_tty = 2,
  read_console_buffer = 3,
  clear_console_buffer = 4,
  init_pidfd = 5,
  resize_console = 6,
  add_listener = 7,
};

enum class Defect {
  none,
  too_short,
  too_long,
  bad_magic,
  bad_version,
  bad_length,
  unknown_type,
  bad_payload
};

struct Frame {
  std::uint16_t type = 0;
  const std::uint8_t* payload = nullptr;
  std::size_t size = 0;
};

struct Request {
  Type type = Type::ping;
  std::int32_t tty = 0;                 // allocate_tty: 0 the console, n tty n, -1 any free tty
  std::uint64_t position = 0;           // read_console_buffer: from; clear_console_buffer: up to
  std::uint16_t rows = 0, columns = 0;  // resize_console
  bool operator==(const Request&) const = default;
};

inline void put16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value & 0xff);
  at[1] = static_cast<std::uint8_t>(value >> 8);
}
inline void put32(std::uint8_t* at, std::uint32_t value) {
  put16(at, static_cast<std::uint16_t>(value & 0xffff));
  put16(at + 2, static_cast<std::uint16_t>(value >> 16));
}
inline void put64(std::uint8_t* at, std::uint64_t value) {
  put32(at, static_cast<std::uint32_t>(value & 0xffffffff));
  put32(at + 4, static_cast<std::uint32_t>(value >> 32));
}
inline std::uint16_t get16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] | (at[1] << 8)); }
inline std::uint32_t get32(const std::uint8_t* at) { return get16(at) | (static_cast<std::uint32_t>(get16(at + 2)) << 16); }
inline std::uint64_t get64(const std::uint8_t* at) { return get32(at) | (static_cast<std::uint64_t>(get32(at + 4)) << 32); }

inline const char* text_of(Defect defect) {
  switch (defect) {
    case Defect::none: return "no defect";
    case Defect::too_short: return "shorter than a frame's header";
    case Defect::too_long: return "longer than any request";
    case Defect::bad_magic: return "not a frame of this protocol";
    case Defect::bad_version: return "another version of the protocol; this monitor speaks version 1";
    case Defect::bad_length: return "the length in the header is not the payload's";
    case Defect::unknown_type: return "unknown type of request";
    case Defect::bad_payload: return "the payload does not fit the type of request";
  }
  return "unknown defect";
}

/// Any frame. `frame.payload` points into `bytes`.
inline Defect parse_frame(const std::uint8_t* bytes, std::size_t size, Frame& frame) {
  if (size < header_size) return Defect::too_short;
  if (size > max_frame) return Defect::too_long;
  if (get32(bytes) != magic) return Defect::bad_magic;
  if (get16(bytes + 4) != version) return Defect::bad_version;
  if (get32(bytes + 8) != size - header_size) return Defect::bad_length;
  frame = {get16(bytes + 6), bytes + header_size, size - header_size};
  return Defect::none;
}

/// Writes a header in front of a payload of `length` bytes; returns the frame's size.
inline std::size_t put_header(std::uint8_t* frame, std::uint16_t type, std::size_t length) {
  put32(frame, magic);
  put16(frame + 4, version);
  put16(frame + 6, type);
  put32(frame + 8, static_cast<std::uint32_t>(length));
  return header_size + length;
}

inline std::size_t payload_size_of(Type type) {
  switch (type) {
    case Type::ping:
    case Type::init_pidfd:
    case Type::add_listener: return 0;
    case Type::allocate_tty:
    case Type::resize_console: return 4;
    case Type::read_console_buffer:
    case Type::clear_console_buffer: return 8;
  }
  return 0;
}

/// Each request has one encoding: encode_request() of what this accepts gives back the same bytes.
inline Defect parse_request(const std::uint8_t* bytes, std::size_t size, Request& request) {
  Frame frame;
  if (const Defect defect = parse_frame(bytes, size, frame); defect != Defect::none) return defect;
  if (frame.type < static_cast<std::uint16_t>(Type::ping) || frame.type > static_cast<std::uint16_t>(Type::add_listener)) return Defect::unknown_type;
  request = {};
  request.type = static_cast<Type>(frame.type);
  if (frame.size != payload_size_of(request.type)) return Defect::bad_payload;
  if (request.type == Type::allocate_tty) request.tty = static_cast<std::int32_t>(get32(frame.payload));
  if (request.type == Type::allocate_tty && request.tty < -1) return Defect::bad_payload;
  if (request.type == Type::read_console_buffer || request.type == Type::clear_console_buffer) request.position = get64(frame.payload);
  if (request.type == Type::resize_console) {
    request.rows = get16(frame.payload);
    request.columns = get16(frame.payload + 2);
  }
  return Defect::none;
}

/// `frame` has room for max_request bytes.
inline std::size_t encode_request(const Request& request, std::uint8_t* frame) {
  std::uint8_t* payload = frame + header_size;
  if (request.type == Type::allocate_tty) put32(payload, static_cast<std::uint32_t>(request.tty));
  if (request.type == Type::read_console_buffer || request.type == Type::clear_console_buffer) put64(payload, request.position);
  if (request.type == Type::resize_console) {
    put16(payload, request.rows);
    put16(payload + 2, request.columns);
  }
  return put_header(frame, static_cast<std::uint16_t>(request.type), payload_size_of(request.type));
}

/// `frame` has room for max_frame bytes; a longer text is cut.
inline std::size_t encode_error(std::uint32_t code, const char* text, std::uint8_t* frame) {
  std::size_t length = std::strlen(text);
  if (length > max_payload - 4) length = max_payload - 4;
  put32(frame + header_size, code);
  std::memcpy(frame + header_size + 4, text, length);
  return put_header(frame, error_type, 4 + length);
}

}  // namespace lxcx::core::control
