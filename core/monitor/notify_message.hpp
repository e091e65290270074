// SPDX-License-Identifier: Apache-2.0
// What the monitor and a seccomp proxy say to each other (docs/seccomp-notify.md), as pure functions, shared by the monitor and the fuzzer. The
// layout is LXC's, in the machine's own byte order: a header, the kernel's request, the kernel's response, the cookie. An answer has the same parts.
// They allocate nothing and need no C++ runtime: the monitor has none.
#pragma once
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lxcx::core::notify {

struct Header {
  std::uint64_t reserved;  ///< 0
  std::int32_t monitor_pid, init_pid;
  std::uint16_t request_size, response_size, data_size;  ///< SECCOMP_GET_NOTIF_SIZES
  std::uint64_t cookie_size;
};
static_assert(sizeof(Header) == 32 && offsetof(Header, request_size) == 16 && offsetof(Header, cookie_size) == 24);

/// The kernel's structs may grow; what is larger than this is not for this version.
inline constexpr std::size_t max_struct = 256;
inline constexpr std::size_t max_cookie = 1024;
inline constexpr std::size_t max_message = sizeof(Header) + 2 * max_struct + max_cookie;

inline std::size_t answer_size(const seccomp_notif_sizes& sizes) {
  return sizeof(Header) + sizes.seccomp_notif + std::size_t{sizes.seccomp_notif_resp};
}

inline bool are_usable(const seccomp_notif_sizes& sizes) {
  return sizes.seccomp_notif >= sizeof(seccomp_notif) && sizes.seccomp_notif <= max_struct &&
         sizes.seccomp_notif_resp >= sizeof(seccomp_notif_resp) && sizes.seccomp_notif_resp <= max_struct;
}

/// The answer that stands in when nobody gives another: LXC's, ENOSYS.
inline seccomp_notif_resp default_answer(std::uint64_t id) { return {id, 0, -ENOSYS, 0}; }

/// Writes a message for `request` (sizes.seccomp_notif bytes) into `message`, which has room for max_message; returns its size.
inline std::size_t put_message(std::uint8_t* message, const Header& header, const std::uint8_t* request, const char* cookie) {
  std::uint8_t* at = message;
  std::memcpy(at, &header, sizeof header);
  std::memcpy(at += sizeof header, request, header.request_size);
  at += header.request_size;
  std::memset(at, 0, header.response_size);
  std::memcpy(at, request, sizeof(std::uint64_t));  // its id, which comes first in both
  at += header.response_size;
  if (header.cookie_size > 0) std::memcpy(at, cookie, static_cast<std::size_t>(header.cookie_size));
  return static_cast<std::size_t>(at - message) + static_cast<std::size_t>(header.cookie_size);
}

/// The response in an answer to the request `id`. Whoever sends the cookie back too may. False when it is no such answer.
inline bool parse_answer(const std::uint8_t* answer, std::size_t size, const seccomp_notif_sizes& sizes, std::uint64_t id,
                         seccomp_notif_resp& response) {
  if (size < answer_size(sizes)) return false;
  std::memcpy(&response, answer + sizeof(Header) + sizes.seccomp_notif, sizeof response);
  return response.id == id;
}

}  // namespace lxcx::core::notify
