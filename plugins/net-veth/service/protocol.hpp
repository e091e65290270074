// SPDX-License-Identifier: Apache-2.0
// What lxcx and lxcx-netd say to each other (lxcx-netd(8)): one SOCK_SEQPACKET message each way, both of a fixed size, numbers in the machine's
// order, texts padded with NUL. A request to create carries the container's network namespace (SCM_RIGHTS, unix(7)).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "lxcx/result.hpp"
#include "net-common/address.hpp"

namespace lxcx::net::service {

inline constexpr std::uint16_t protocol_version = 1;
inline constexpr std::size_t request_size = 256;
inline constexpr std::size_t reply_size = 1024;
inline constexpr const char* default_socket = "/run/lxcx/net.sock";
inline constexpr const char* default_usernet = "/etc/lxc/lxc-usernet";

enum class Verb : std::uint16_t {
  check = 1,  ///< whether create would be allowed; makes nothing
  create = 2,
  remove = 3
};

struct Request {
  Verb verb = Verb::check;
  std::uint32_t index = 0;  ///< N of lxc.net.N
  std::string bridge;       ///< check, create; empty: attached to nothing
  std::string container;    ///< check, create
  std::string host_name;    ///< remove
  bool operator==(const Request&) const = default;
};

/// The device that create made.
struct Made {
  std::string host_name;
  Mac host_mac{};
  std::uint32_t peer_index = 0;  ///< of the inside end, in the container's namespace
  bool operator==(const Made&) const = default;
};

using RequestFrame = std::array<std::uint8_t, request_size>;
using ReplyFrame = std::array<std::uint8_t, reply_size>;

/// Texts that are too long are cut: a request that would be cut is refused by check_request() before.
RequestFrame encode(const Request& request);
/// Of any bytes. What it accepts encodes to the same bytes again. Errors: usage; unsupported for another version.
Result<Request> decode_request(std::span<const std::uint8_t> bytes);
/// Whether the request can be sent, and may be answered. Errors: usage.
Result<void> check_request(const Request& request);

/// Of an error the code, errno, message, context and hint, cut to what fits.
ReplyFrame encode(const Result<Made>& reply);
/// The error that was sent, or: unsupported, when the bytes are no reply of this version.
Result<Made> decode_reply(std::span<const std::uint8_t> bytes);

}  // namespace lxcx::net::service
