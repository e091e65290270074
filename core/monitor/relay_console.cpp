// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>

#include <array>

#include "core/kernel/signals.hpp"
#include "core/monitor/control_exchange.hpp"
#include "core/monitor/escape_filter.hpp"
#include "core/monitor/monitor.hpp"
#include "core/monitor/terminal.hpp"

namespace lxcx::core {

namespace {

constexpr std::size_t piece_size = 4096;
constexpr int hung_up_retry_ms = 100;  // a tty nobody has open polls as hung up all the time
constexpr int farewell_ms = 500;       // how long what is on its way may take once the user has asked to leave
constexpr std::size_t farewell_size = 64 * 1024;
constexpr std::size_t typed_ahead = 64 * 1024;  // a console that takes no input must not hide the escape sequence

bool would_block(const Error& error) { return error.sys_errno == EAGAIN || error.sys_errno == EINTR; }

/// An output that never blocks: our own open file description where the other one is the shell's too.
class Output {
 public:
  Output(Kernel& kernel, int fd) : kernel_(kernel), fd_(fd) {
    const Result<struct stat> status = kernel.fstat(fd);
    int pty_number = 0;
    if (!status || (!S_ISCHR(status->st_mode) && !S_ISFIFO(status->st_mode)) || kernel.ioctl(fd, TIOCGPTN, &pty_number)) return;
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    if (Result<UniqueFd> own = kernel.openat(AT_FDCWD, path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY)) own_ = std::move(*own);
  }
  int fd() const { return own_ ? own_.get() : fd_; }

 private:
  Kernel& kernel_;
  int fd_;
  UniqueFd own_;
};

/// A descriptor that does not block for as long as this lives.
class NonBlocking {
 public:
  NonBlocking(Kernel& kernel, int fd) : kernel_(kernel), fd_(fd) {
    const Result<int> flags = kernel.fcntl(fd, F_GETFL, 0);
    if (flags && (*flags & O_NONBLOCK) != 0) return;
    const Result<int> set = flags ? kernel.fcntl(fd, F_SETFL, *flags | O_NONBLOCK) : flags;
    if (set)
      before_ = *flags;
    else
      taken_ = std::unexpected(set.error());
  }
  ~NonBlocking() {
    if (before_ >= 0) (void)kernel_.fcntl(fd_, F_SETFL, before_);
  }
  NonBlocking(const NonBlocking&) = delete;
  NonBlocking& operator=(const NonBlocking&) = delete;
  const Result<void>& taken() const { return taken_; }

 private:
  Kernel& kernel_;
  int fd_;
  Result<void> taken_;
  int before_ = -1;
};

class Relay {
 public:
  Relay(Kernel& kernel, ControlClient::Tty& tty, int in_fd, const Output& out, const BlockedSignals& signals, char prefix)
      : kernel_(kernel), tty_(tty), in_(in_fd), out_(out.fd()), signals_(signals), escape_(prefix) {}

  Result<bool> run();
  void resize();

 private:
  enum Slot {
    from_user,
    of_tty,
    to_user,
    of_signals,
    of_control,
    slots
  };
  Result<void> wait();
  bool is_readable(Slot slot) const { return (fds_[slot].revents & (POLLIN | POLLHUP | POLLERR)) != 0; }
  void on_signals();
  Result<void> read_user();
  Result<void> read_tty();
  Result<void> write_tty();
  Result<void> write_user();
  Result<void> say_goodbye();
  bool is_over() const { return ended_ || out_closed_ || (leaving_ && to_tty_.empty()); }

  Kernel& kernel_;
  ControlClient::Tty& tty_;
  int in_, out_;
  const BlockedSignals& signals_;
  EscapeFilter escape_;
  std::array<pollfd, slots> fds_{};
  std::string to_tty_, to_user_;
  bool leaving_ = false;  // the input ended, or the user asked to
  bool hurries_ = false;  // the user asked to: what a stuck console does not take soon is dropped
  bool ended_ = false;    // the container
  bool out_closed_ = false;
  bool hung_up_ = false;  // nobody has the tty open now
  bool control_closed_ = false;
};

void Relay::resize() {
  std::optional<winsize> size = window_size(kernel_, in_);
  if (!size) size = window_size(kernel_, out_);
  if (!size) return;
  if (tty_.number != 0) {
    (void)kernel_.ioctl(tty_.master.get(), TIOCSWINSZ, &*size);
  } else if (tty_.control && !control_closed_) {
    control::Request request;
    request.type = control::Type::resize_console;
    request.rows = size->ws_row;
    request.columns = size->ws_col;
    (void)exchange(kernel_, tty_.control.get(), request);
  }
}

Result<void> Relay::wait() {
  const bool takes_input = to_tty_.size() < typed_ahead && !leaving_;
  const int tty_events = (to_user_.empty() ? POLLIN : 0) | (to_tty_.empty() ? 0 : POLLOUT);
  fds_[from_user] = {takes_input ? in_ : -1, POLLIN, 0};
  fds_[of_tty] = {hung_up_ || tty_events == 0 ? -1 : tty_.master.get(), static_cast<short>(tty_events), 0};
  fds_[to_user] = {to_user_.empty() ? -1 : out_, POLLOUT, 0};
  fds_[of_signals] = {signals_.fd(), POLLIN, 0};
  fds_[of_control] = {control_closed_ ? -1 : tty_.control.get(), 0, 0};
  LXCX_TRY(ready, kernel_.poll(fds_, hung_up_ ? hung_up_retry_ms : hurries_ ? farewell_ms : -1));
  if (ready == 0 && hurries_) to_tty_.clear();
  return {};
}

void Relay::on_signals() {
  while (const int signal = signals_.next()) {
    if (signal == SIGWINCH) resize();
    if (signal == SIGTERM || signal == SIGHUP || signal == SIGINT || signal == SIGQUIT) leaving_ = hurries_ = true;
  }
}

Result<void> Relay::read_user() {
  std::array<char, piece_size> piece{};
  const Result<std::size_t> got = kernel_.read(in_, piece.data(), piece.size());
  if (!got && would_block(got.error())) return {};
  if (!got && got.error().sys_errno != EIO) return Failure(got.error());  // EIO: the terminal has gone
  if (!got || *got == 0) {
    leaving_ = true;
    escape_.finish(to_tty_);
  } else {
    leaving_ = hurries_ = escape_.feed(std::string_view(piece.data(), *got), to_tty_);
  }
  return {};
}

// A pty's master says EIO while no one has the slave open: between two logins, or because the container ended. The monitor's end tells which.
Result<void> Relay::read_tty() {
  std::array<char, piece_size> piece{};
  const Result<std::size_t> got = kernel_.read(tty_.master.get(), piece.data(), piece.size());
  hung_up_ = !got && got.error().sys_errno == EIO;
  if (got) {
    to_user_.append(piece.data(), *got);
    ended_ = *got == 0;
    return {};
  }
  if (hung_up_) ended_ = control_closed_ || !tty_.control;
  if (got.error().sys_errno == ECONNRESET) ended_ = true;
  if (hung_up_ || ended_ || would_block(got.error())) return {};
  return Failure(got.error());
}

Result<void> Relay::write_tty() {
  const Result<std::size_t> written = kernel_.write(tty_.master.get(), to_tty_.data(), to_tty_.size());
  if (written) to_tty_.erase(0, *written);
  if (written || would_block(written.error())) return {};
  if (written.error().sys_errno == EPIPE || written.error().sys_errno == EIO) {
    hung_up_ = tty_.number != 0;
    ended_ = !hung_up_ || control_closed_ || !tty_.control;
    return {};
  }
  return Failure(written.error());
}

Result<void> Relay::write_user() {
  const Result<std::size_t> written = kernel_.write(out_, to_user_.data(), to_user_.size());
  if (written) to_user_.erase(0, *written);
  if (written || would_block(written.error())) return {};
  if (written.error().sys_errno != EPIPE && written.error().sys_errno != EIO) return Failure(written.error());
  out_closed_ = true;
  to_user_.clear();
  return {};
}

Result<bool> Relay::run() {
  while (!is_over()) {
    LXCX_CHECK(wait());
    if (is_readable(of_signals)) on_signals();
    if (fds_[of_control].fd >= 0 && (fds_[of_control].revents & (POLLHUP | POLLERR)) != 0) control_closed_ = true;
    if (is_readable(from_user)) LXCX_CHECK(read_user());
    if (!to_tty_.empty() && !hung_up_) LXCX_CHECK(write_tty());
    if (to_user_.empty() && (hung_up_ || is_readable(of_tty))) LXCX_CHECK(read_tty());
    if (!to_user_.empty()) LXCX_CHECK(write_user());
    if (leaving_ && hung_up_) break;  // nobody there to take the rest
  }
  LXCX_CHECK(say_goodbye());
  while (signals_.next() != 0) continue;
  return !ended_;
}

/// Shows what has arrived already, but follows no flood.
Result<void> Relay::say_goodbye() {
  for (std::size_t shown = 0; !out_closed_;) {
    if (to_user_.empty() && !ended_ && shown < farewell_size) {
      LXCX_CHECK(read_tty());
      shown += to_user_.size();
    }
    if (to_user_.empty()) return {};
    LXCX_CHECK(write_user());
    if (to_user_.empty()) continue;
    pollfd user = {out_, POLLOUT, 0};
    LXCX_TRY(ready, kernel_.poll({&user, 1}, farewell_ms));
    if (ready == 0) return {};
  }
  return {};
}

}  // namespace

Result<bool> relay_console(Kernel& kernel, ControlClient::Tty& tty, int in_fd, int out_fd, char escape_prefix) {
  // SIGPIPE too: it would end the process with the terminal still raw.
  LXCX_TRY(signals, BlockedSignals::block({SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGPIPE}));
  const Output out(kernel, out_fd);
  const NonBlocking master(kernel, tty.master.get());
  LXCX_CHECK(master.taken());  // a read that waits would hear neither the user nor a signal
  RawTerminal terminal(kernel, in_fd);
  LXCX_CHECK(terminal.taken());  // the escape sequence would not arrive, and nothing else lead out
  Relay relay(kernel, tty, in_fd, out, signals, escape_prefix);
  relay.resize();
  LXCX_TRY(left, relay.run());
  LXCX_CHECK(terminal.give_back());
  return left;
}

}  // namespace lxcx::core
