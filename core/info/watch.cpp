// SPDX-License-Identifier: Apache-2.0
#include "core/info/watch.hpp"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>

#include "core/kernel/files.hpp"
#include "core/kernel/signals.hpp"
#include "core/monitor/terminal.hpp"

namespace lxcx::core {
namespace {

using Clock = std::chrono::steady_clock;

/// The terminal's other screen, with keys that reach us one by one; what was there comes back with its end.
class Screen {
 public:
  explicit Screen(Kernel& kernel) : kernel_(kernel), raw_(kernel, STDIN_FILENO) { (void)write_all(kernel_, STDOUT_FILENO, "\033[?1049h\033[?25l"); }
  ~Screen() { (void)write_all(kernel_, STDOUT_FILENO, "\033[0m\033[?25h\033[?1049l"); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// A raw terminal takes \n for one line down and nothing else.
  Result<void> show(std::string_view text) {
    std::string out = "\033[H\033[J";
    for (const char c : text) {
      if (c == '\n') out += '\r';
      out += c;
    }
    return write_all(kernel_, STDOUT_FILENO, out);
  }

 private:
  Kernel& kernel_;
  RawTerminal raw_;
};

class OnScreen {
 public:
  OnScreen(Kernel& kernel, const Watch& what, const BlockedSignals& signals) : kernel_(kernel), what_(what), signals_(signals) {
    screen_.emplace(kernel);
  }

  Result<void> run() {
    for (long round = 1; !is_over_; ++round) {
      const auto next = Clock::now() + std::chrono::milliseconds(what_.delay_ms);
      do {
        LXCX_TRY(text, what_.draw(window_size(kernel_, STDOUT_FILENO).value_or(winsize{24, 80, 0, 0})));
        LXCX_CHECK(screen_->show(text));
      } while (is_touched(next));
      if (what_.rounds > 0 && round >= what_.rounds) break;
    }
    return {};
  }

 private:
  /// True when a key or a signal wants it drawn anew before the time is up.
  bool is_touched(Clock::time_point next) {
    std::array<pollfd, 2> fds{{{STDIN_FILENO, POLLIN, 0}, {signals_.fd(), POLLIN, 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    const Result<int> ready = kernel_.poll(fds, static_cast<int>(std::max<long>(left, 0)));
    if (!ready || *ready == 0) return false;
    if (fds[1].revents != 0) on_signals();
    if (fds[0].revents != 0) on_keys();
    return !is_over_;
  }

  void on_keys() {
    std::array<char, 64> keys{};
    const Result<std::size_t> size = kernel_.read(STDIN_FILENO, keys.data(), keys.size());
    if (!size || *size == 0) is_over_ = true;  // the terminal has hung up
    constexpr char interrupt = 3, end = 4;
    for (std::size_t i = 0; size && i < *size; ++i)
      if (keys[i] == interrupt || keys[i] == end || !what_.on_key(keys[i])) is_over_ = true;
  }

  void on_signals() {
    while (const int signal = signals_.next()) {
      if (signal == SIGTSTP)
        pause();
      else if (signal != SIGWINCH)
        is_over_ = true;
    }
  }

  void pause() {
    screen_.reset();
    (void)kernel_.kill(::getpid(), SIGSTOP);
    screen_.emplace(kernel_);
  }

  Kernel& kernel_;
  const Watch& what_;
  const BlockedSignals& signals_;
  std::optional<Screen> screen_;
  bool is_over_ = false;
};

Result<void> as_lines(Kernel& kernel, const Watch& what) {
  for (long round = 1;; ++round) {
    LXCX_TRY(text, what.draw(winsize{}));
    LXCX_CHECK(write_all(kernel, STDOUT_FILENO, text));
    if (what.rounds > 0 && round >= what.rounds) return {};
    const timespec pause{what.delay_ms / 1000, what.delay_ms % 1000 * 1'000'000L};
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace

Result<void> watch(Kernel& kernel, const Watch& what) {
  if (!what.on_screen) return as_lines(kernel, what);
  if (!window_size(kernel, STDIN_FILENO) || !window_size(kernel, STDOUT_FILENO))
    return fail(Code::unsupported, "standard input and output are no terminal", "add --batch");
  LXCX_TRY(signals, BlockedSignals::block({SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}));
  return OnScreen(kernel, what, signals).run();
}

}  // namespace lxcx::core
