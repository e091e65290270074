// SPDX-License-Identifier: Apache-2.0
#include "net-veth/service/protocol.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "net-common/link.hpp"

namespace lxcx::net::service {
namespace {

constexpr std::uint32_t magic = 0x444e584c;  // "LXND" as a little-endian machine writes it
constexpr std::size_t device_size = 16;      // IFNAMSIZ
constexpr std::size_t container_size = 208;  // lxcx allows 200 bytes
constexpr std::size_t message_size = 672;
constexpr std::size_t hint_size = 304;

/// Writes fields one after another. Whoever uses it adds up to the frame's size.
class Writer {
 public:
  explicit Writer(std::span<std::uint8_t> bytes) : at_(bytes) {}
  template <class Number>
  void number(Number value) {
    std::memcpy(at_.data(), &value, sizeof value);
    at_ = at_.subspan(sizeof value);
  }
  void text(std::string_view value, std::size_t field) {
    std::memcpy(at_.data(), value.data(), std::min(value.size(), field - 1));
    at_ = at_.subspan(field);
  }

 private:
  std::span<std::uint8_t> at_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : at_(bytes) {}
  template <class Number>
  Number number() {
    Number value{};
    std::memcpy(&value, at_.data(), sizeof value);
    at_ = at_.subspan(sizeof value);
    return value;
  }
  /// None when no NUL ends it, or anything stands behind the NUL.
  std::optional<std::string> text(std::size_t field) {
    const std::string_view all(reinterpret_cast<const char*>(at_.data()), field);
    at_ = at_.subspan(field);
    const std::size_t end = all.find('\0');
    if (end == all.npos || all.find_first_not_of('\0', end) != all.npos) return std::nullopt;
    return std::string(all.substr(0, end));
  }

 private:
  std::span<const std::uint8_t> at_;
};

Failure malformed(std::string_view why) {
  return fail(Code::usage, "a malformed request: " + std::string(why), "this is the protocol of lxcx itself");
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string message_of(const Error& error) {
  std::string text;
  for (auto doing = error.context.rbegin(); doing != error.context.rend(); ++doing) text += *doing + ": ";
  return text + error.message;
}

/// A number that came over the wire.
Code known_code(std::uint16_t number) { return number >= LXCX_USAGE && number <= LXCX_CANCELLED ? static_cast<Code>(number) : Code::internal; }

Failure no_reply() {
  return fail(Code::unsupported, "the service does not speak this version of the protocol", "install lxcx and lxcx-netd of one version");
}

}  // namespace

Result<void> check_request(const Request& request) {
  if (request.verb == Verb::remove) {
    if (!request.bridge.empty() || !request.container.empty() || request.index != 0) return malformed("remove wants the name of a device alone");
    return check_device_name(request.host_name);
  }
  if (!request.host_name.empty()) return malformed("the service chooses the device's name");
  if (request.container.empty()) return malformed("no container");
  if (request.container.size() >= container_size || has_control_characters(request.container)) return malformed("a name that no container has");
  if (request.bridge == "none") return malformed("no bridge is an empty name");
  return request.bridge.empty() ? Result<void>{} : check_device_name(request.bridge);
}

RequestFrame encode(const Request& request) {
  RequestFrame frame{};
  Writer writer(frame);
  writer.number(magic);
  writer.number(protocol_version);
  writer.number(static_cast<std::uint16_t>(request.verb));
  writer.number(request.index);
  writer.number(std::uint32_t{0});
  writer.text(request.bridge, device_size);
  writer.text(request.host_name, device_size);
  writer.text(request.container, container_size);
  return frame;
}

Result<Request> decode_request(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != request_size) return malformed("it has " + std::to_string(bytes.size()) + " bytes instead of " + std::to_string(request_size));
  Reader reader(bytes);
  if (reader.number<std::uint32_t>() != magic) return malformed("it does not begin as one");
  if (const auto version = reader.number<std::uint16_t>(); version != protocol_version)
    return fail(Code::unsupported,
                "a request of version " + std::to_string(version) + "; this service speaks version " + std::to_string(protocol_version),
                "install lxcx and lxcx-netd of one version");
  Request request;
  request.verb = static_cast<Verb>(reader.number<std::uint16_t>());
  if (request.verb < Verb::check || request.verb > Verb::remove) return malformed("an unknown verb");
  request.index = reader.number<std::uint32_t>();
  if (reader.number<std::uint32_t>() != 0) return malformed("a reserved field is set");
  auto bridge = reader.text(device_size);
  auto host_name = reader.text(device_size);
  auto container = reader.text(container_size);
  if (!bridge || !host_name || !container) return malformed("a text is not padded with NUL");
  request.bridge = *std::move(bridge);
  request.host_name = *std::move(host_name);
  request.container = *std::move(container);
  LXCX_CHECK(check_request(request));
  return request;
}

ReplyFrame encode(const Result<Made>& reply) {
  ReplyFrame frame{};
  Writer writer(frame);
  const Made none;
  const Made& made = reply ? *reply : none;
  writer.number(magic);
  writer.number(protocol_version);
  writer.number(static_cast<std::uint16_t>(reply ? 0 : static_cast<int>(reply.error().code)));
  writer.number(static_cast<std::int32_t>(reply ? 0 : reply.error().sys_errno));
  writer.number(made.peer_index);
  for (const std::uint8_t byte : made.host_mac) writer.number(byte);
  writer.number(std::uint16_t{0});
  writer.text(made.host_name, device_size);
  writer.text(reply ? "" : message_of(reply.error()), message_size);
  writer.text(reply ? "" : reply.error().hint, hint_size);
  static_assert(16 + 8 + device_size + message_size + hint_size <= reply_size);
  return frame;
}

Result<Made> decode_reply(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != reply_size) return no_reply();
  Reader reader(bytes);
  if (reader.number<std::uint32_t>() != magic || reader.number<std::uint16_t>() != protocol_version) return no_reply();
  const auto code = reader.number<std::uint16_t>();
  const auto sys_errno = reader.number<std::int32_t>();
  Made made;
  made.peer_index = reader.number<std::uint32_t>();
  for (std::uint8_t& byte : made.host_mac) byte = reader.number<std::uint8_t>();
  reader.number<std::uint16_t>();
  auto host_name = reader.text(device_size);
  auto message = reader.text(message_size);
  auto hint = reader.text(hint_size);
  if (!host_name || !message || !hint) return no_reply();
  if (code != 0) return Failure(Error{known_code(code), sys_errno, *std::move(message), *std::move(hint), {}, std::nullopt, {}});
  made.host_name = *std::move(host_name);
  return made;
}

}  // namespace lxcx::net::service
