// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include "core/monitor/control_exchange.hpp"
#include "core/monitor/monitor.hpp"

namespace lxcx::core {

using namespace control;

namespace {

constexpr int patience_ms = 5000;

const std::uint8_t* bytes_of(const std::string& text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

Failure gone() { return fail(Code::not_running, "the container's monitor has gone", "look at `lxcx info`: the container may have ended"); }

bool means_gone(const Error& error) { return error.sys_errno == EPIPE || error.sys_errno == ECONNRESET; }

/// A monitor that refuses a connection answers before it was asked, and closes: its words arrive after an ECONNRESET.
Result<std::string> receive(Kernel& kernel, int socket, std::vector<UniqueFd>& fds) {
  pollfd waiting = {socket, POLLIN, 0};
  LXCX_TRY(ready, kernel.poll({&waiting, 1}, patience_ms));
  if (ready == 0) return fail(Code::timeout, "the container's monitor does not answer", "is it stopped? look at its state in `ps`");
  Result<std::string> bytes = kernel.recvmsg(socket, max_frame, fds);
  if (!bytes && means_gone(bytes.error())) bytes = kernel.recvmsg(socket, max_frame, fds);
  if (!bytes && means_gone(bytes.error())) return gone();
  if (bytes && bytes->empty()) return gone();
  return bytes;
}

Failure error_of(const Frame& frame) {
  if (frame.size < 4) return fail(Code::internal, "the monitor sent an error without a code");
  return fail(static_cast<Code>(get32(frame.payload)), std::string(reinterpret_cast<const char*>(frame.payload + 4), frame.size - 4));
}

Failure odd_answer() { return fail(Code::internal, "the monitor's answer does not fit the question"); }

}  // namespace

Result<ControlAnswer> exchange(Kernel& kernel, int socket, const Request& request, std::span<const int> fds) {
  std::uint8_t frame[max_request];
  const std::size_t size = encode_request(request, frame);
  const Result<void> sent = kernel.sendmsg(socket, std::string_view(reinterpret_cast<const char*>(frame), size), fds);
  if (!sent && !means_gone(sent.error())) return Failure(sent.error());
  ControlAnswer answer;
  LXCX_TRY(bytes, receive(kernel, socket, answer.fds));
  Frame got;
  if (const Defect defect = parse_frame(bytes_of(bytes), bytes.size(), got); defect != Defect::none) {
    return fail(Code::internal, std::string("the monitor's answer: ") + text_of(defect));
  }
  if (got.type == error_type) return error_of(got);
  if (got.type != (static_cast<std::uint16_t>(request.type) | answer_bit)) return odd_answer();
  answer.payload = bytes.substr(header_size);
  return answer;
}

Result<ControlClient> ControlClient::connect(Kernel& kernel, int run_dirfd) {
  LXCX_TRY(socket, kernel.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const Result<void> connected = kernel.connect_unix(socket.get(), control_path(run_dirfd).c_str());
  if (connected) return ControlClient(kernel, std::move(socket));
  const int why = connected.error().sys_errno;
  if (why == ENOENT || why == ECONNREFUSED) return gone();
  return Failure(doing(Result<void>(connected), "connect to the container's monitor").error());
}

Result<ControlClient::Tty> ControlClient::allocate_tty(int number) {
  Request request;
  request.type = Type::allocate_tty;
  request.tty = number;
  LXCX_TRY(answer, exchange(*kernel_, socket_.get(), request));
  if (answer.payload.size() != 4 || answer.fds.size() != 1) return odd_answer();
  Tty tty;
  tty.number = static_cast<int>(get32(bytes_of(answer.payload)));
  tty.master = std::move(answer.fds.front());
  LXCX_TRY(control, kernel_->dup(socket_.get()));
  tty.control = std::move(control);
  return tty;
}

// Chunk by chunk, up to where the buffer ended when first asked, so that a flood does not make this endless. What is overwritten between two
// chunks makes a gap: what was before it is dropped, as it would have been by the ring.
Result<std::string> ControlClient::console_buffer(bool clear) {
  Request request;
  request.type = Type::read_console_buffer;
  std::string text;
  std::uint64_t end = 0;
  for (bool first = true; first || request.position < end; first = false) {
    LXCX_TRY(answer, exchange(*kernel_, socket_.get(), request));
    if (answer.payload.size() < 16) return odd_answer();
    const std::uint64_t from = get64(bytes_of(answer.payload));
    const std::size_t size = answer.payload.size() - 16;
    if (first) end = get64(bytes_of(answer.payload) + 8);
    if (from != request.position) text.clear();
    text.append(answer.payload, 16);
    request.position = from + size;
    if (size == 0) break;
  }
  if (!clear) return text;
  request.type = Type::clear_console_buffer;
  LXCX_CHECK(exchange(*kernel_, socket_.get(), request));
  return text;
}

Result<UniqueFd> ControlClient::init_pidfd() {
  Request request;
  request.type = Type::init_pidfd;
  LXCX_TRY(answer, exchange(*kernel_, socket_.get(), request));
  if (answer.fds.size() != 1) return odd_answer();
  return std::move(answer.fds.front());
}

Result<void> ControlClient::add_listener(int listener) {
  Request request;
  request.type = Type::add_listener;
  LXCX_CHECK(exchange(*kernel_, socket_.get(), request, {&listener, 1}));
  return {};
}

Result<void> ControlClient::ping() {
  LXCX_CHECK(exchange(*kernel_, socket_.get(), Request{}));
  return {};
}

}  // namespace lxcx::core
