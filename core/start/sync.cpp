// SPDX-License-Identifier: Apache-2.0
#include "core/start/sync.hpp"

namespace lxcx::core {

namespace {
constexpr std::size_t largest_frame = 64 << 10;
}

Result<void> send_frame(Kernel& kernel, int fd, Frame frame, std::string_view payload, std::span<const int> fds) {
  std::string bytes(1, static_cast<char>(frame));
  bytes += payload.substr(0, largest_frame - 1);
  return kernel.sendmsg(fd, bytes, fds);
}

Result<bool> receive_or_closed(Kernel& kernel, int fd, Message& message) {
  Result<std::string> bytes = kernel.recvmsg(fd, largest_frame, message.fds);
  if (!bytes && bytes.error().sys_errno == ECONNRESET) return true;
  if (!bytes) return std::unexpected(std::move(bytes).error());
  if (bytes->empty()) return true;
  message.frame = static_cast<Frame>((*bytes)[0]);
  message.payload = bytes->substr(1);
  return false;
}

Result<Message> receive_frame(Kernel& kernel, int fd) {
  Message message{};
  LXCX_TRY(closed, receive_or_closed(kernel, fd, message));
  if (closed) return fail(Code::internal, "the process on the other side ended without a word");
  return message;
}

}  // namespace lxcx::core
