// SPDX-License-Identifier: Apache-2.0
// Any bytes as a packet for lxcx-netd: one request, which encodes to the same bytes again, or an error with a text. The same bytes as its reply:
// a device, or an error.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "net-veth/service/protocol.hpp"

namespace {
void require(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lxcx::net::service;
  const std::span bytes(data, size);
  if (const auto request = decode_request(bytes)) {
    require(std::ranges::equal(encode(*request), bytes));
    require(check_request(*request).has_value());
  } else {
    require(!request.error().message.empty() && !request.error().hint.empty());
  }
  const auto reply = decode_reply(bytes);
  if (reply) require(decode_reply(encode(reply)) == reply.value());
  if (!reply) require(encode(reply).size() == reply_size);
  return 0;
}
