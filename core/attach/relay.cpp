// SPDX-License-Identifier: Apache-2.0
#include "core/attach/relay.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace lxcx::core {
namespace {

// pipe(7): POLLOUT promises room for PIPE_BUF bytes, so a write of that much never blocks on an fd whose mode is not ours to change.
constexpr std::size_t portion = 4096;
constexpr char end_of_input = 4;

bool would_block(const Error& error) { return error.sys_errno == EAGAIN; }

void end_channel(Channel& channel) {
  channel.is_open = false;
  if (channel.close_at_end) channel.close_at_end->reset();
}

/// A terminal's reader must see the end of input as a key press; elsewhere the closed fd says it.
void end_input(Channel& channel) {
  if (!channel.ends_with_eof) return end_channel(channel);
  channel.from = -1;
  channel.pending.assign(1, end_of_input);
}

void pull(Kernel& kernel, Channel& channel) {
  std::array<char, portion> buffer{};
  const auto got = kernel.read(channel.from, buffer.data(), buffer.size());
  if (!got && would_block(got.error())) return;
  if (!got || *got == 0) return end_input(channel);  // an error is EIO: the last slave of a pty was closed
  channel.pending.assign(buffer.data(), *got);
  if (channel.copy_to >= 0) (void)kernel.write(channel.copy_to, buffer.data(), *got);
}

void push(Kernel& kernel, Channel& channel) {
  const auto written = kernel.write(channel.to, channel.pending.data(), channel.pending.size());
  if (written)
    channel.pending.erase(0, *written);
  else if (!would_block(written.error())) {
    // Whoever read it is gone. A command on a pipe learns so by its own SIGPIPE; one on a pty goes on, unheard.
    channel.pending.clear();
    if (channel.close_at_end) end_channel(channel);
  }
  if (channel.pending.empty() && channel.from < 0) end_channel(channel);
}

pollfd wanted(const Channel& channel) {
  if (!channel.is_open) return {-1, 0, 0};
  if (!channel.pending.empty()) return {channel.to, POLLOUT, 0};
  return {channel.from, POLLIN, 0};
}

/// One round of all channels; how many were served. `watched` may hold more at its end.
Result<int> turn(Kernel& kernel, std::vector<Channel>& channels, std::vector<pollfd>& watched, int timeout_ms) {
  for (std::size_t i = 0; i < channels.size(); ++i) watched[i] = wanted(channels[i]);
  LXCX_CHECK(kernel.poll(watched, timeout_ms));
  int served = 0;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if (watched[i].fd < 0 || watched[i].revents == 0) continue;
    ++served;
    if (channels[i].pending.empty())
      pull(kernel, channels[i]);
    else
      push(kernel, channels[i]);
  }
  return served;
}

void drain(Kernel& kernel, std::vector<Channel>& channels) {
  std::erase_if(channels, [](const Channel& channel) { return !channel.is_output; });
  std::vector<pollfd> watched(channels.size());
  // What the command wrote is in the pty or pipe by now. A grandchild that goes on writing is not waited for.
  constexpr int max_rounds = 4096;
  constexpr int patience_ms = 1000;  // for a reader of ours that is slow
  for (int round = 0; round < max_rounds; ++round) {
    const bool owes =
        std::any_of(channels.begin(), channels.end(), [](const Channel& channel) { return channel.is_open && !channel.pending.empty(); });
    const auto served = turn(kernel, channels, watched, owes ? patience_ms : 0);
    if (!served || *served == 0) return;
  }
}

}  // namespace

void copy_window_size(Kernel& kernel, int from, int to) {
  winsize size = {};
  if (from >= 0 && to >= 0 && kernel.ioctl(from, TIOCGWINSZ, &size)) (void)kernel.ioctl(to, TIOCSWINSZ, &size);
}

Result<void> relay(Kernel& kernel, RelayRequest request, const BlockedSignals& signals) {
  std::vector<pollfd> watched(request.channels.size() + 2);
  for (;;) {
    watched[watched.size() - 2] = {signals.fd(), POLLIN, 0};
    watched[watched.size() - 1] = {request.command_pidfd, POLLIN, 0};
    LXCX_CHECK(turn(kernel, request.channels, watched, -1));
    if (watched[watched.size() - 2].revents != 0) {
      for (int signal = signals.next(); signal != 0; signal = signals.next()) {
        if (signal == SIGWINCH)
          copy_window_size(kernel, request.size_from, request.size_to);
        else if (signal != SIGPIPE)
          (void)kernel.pidfd_send_signal(request.command_pidfd, signal);
      }
    }
    if (watched[watched.size() - 1].revents != 0) break;
  }
  drain(kernel, request.channels);
  return {};
}

}  // namespace lxcx::core
