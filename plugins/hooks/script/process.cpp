// SPDX-License-Identifier: Apache-2.0
#include "process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "lxcx/fd.hpp"

namespace lxcx::script {
namespace {

using Clock = std::chrono::steady_clock;
constexpr char shell[] = "/bin/sh";
constexpr int poll_interval_ms = 100;
constexpr std::chrono::seconds grace{5};
constexpr std::size_t chunk_bytes = 4096, pipe_bytes = 1 << 16;

struct Pipe {
  Fd reader, writer;
};

/// Both ends above the standard descriptors, also for a caller that has closed those: the child's dup2(2) must not overwrite its source.
Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return fail_errno(errno, "pipe2");
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  for (Fd* end : {&pipe.reader, &pipe.writer}) {
    if (end->get() > STDERR_FILENO) continue;
    const int moved = ::fcntl(end->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0) return fail_errno(errno, "fcntl F_DUPFD_CLOEXEC");
    end->reset(moved);
  }
  return pipe;
}

/// All that the new process needs, made before the fork: after it only async-signal-safe calls are allowed (fork(2)).
struct Image {
  explicit Image(const Command& command) : script("exec " + command.text + " \"$@\"") {
    argv = {const_cast<char*>(shell), const_cast<char*>("-c"), script.data(), const_cast<char*>(shell)};
    for (const std::string& arg : command.args) argv.push_back(const_cast<char*>(arg.c_str()));
    argv.push_back(nullptr);
    for (const std::string& line : command.environment) envp.push_back(const_cast<char*>(line.c_str()));
    envp.push_back(nullptr);
  }
  std::string script;
  std::vector<char*> argv, envp;
};

/// Signals as a fresh program expects them. Called with all blocked, so that no handler of lxcx runs here.
void reset_signals() {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become_shell(const Image& image, int output_fd, int trouble_fd) {
  reset_signals();
  // A hook may run inside the container: no descriptor of the host goes along, whatever the caller leaked (CVE-2024-21626).
  const bool is_ready =
      dup2(output_fd, STDOUT_FILENO) >= 0 && dup2(output_fd, STDERR_FILENO) >= 0 && syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  if (is_ready) execve(shell, image.argv.data(), image.envp.data());
  const int error = errno;
  static_cast<void>(!write(trouble_fd, &error, sizeof error));
  _exit(127);
}

Result<pid_t> fork_shell(const Image& image, int output_fd, int trouble_fd) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  if (child == 0) become_shell(image, output_fd, trouble_fd);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (child < 0) return fail_errno(error, "fork");
  return child;
}

/// Returns once the shell runs; the pipe's writing end is then the shell's alone.
Result<pid_t> spawn(const Image& image, Fd output) {
  LXCX_TRY(trouble, make_pipe());
  LXCX_TRY(child, fork_shell(image, output.get(), trouble.writer.get()));
  trouble.writer.reset();
  int error = 0;
  ssize_t count = 0;
  do count = ::read(trouble.reader.get(), &error, sizeof error);
  while (count < 0 && errno == EINTR);
  if (count != static_cast<ssize_t>(sizeof error)) return child;
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  return fail_errno(error, std::string("execute ") + shell, error == ENOENT ? "hooks are shell commands; there is no shell where this one runs" : "");
}

class Listener {
 public:
  Listener(pid_t child, Fd reader, Output& output) : child_(child), reader_(std::move(reader)), output_(output) {}

  /// Until the command has ended. All that it prints is read, so that it never blocks or gets SIGPIPE (LXC stops after ten reads).
  Result<Ended> listen(const std::function<bool()>& is_cancelled) {
    while (!has_ended_) {
      if (wait_for_output()) {
        LXCX_CHECK(read_once());
      }
      // Also while there is output: it may be that of a process left behind, without end.
      LXCX_CHECK(look_whether_ended());
      if (is_cancelled()) cancel();
    }
    // As much as a pipe holds, and the end after it.
    for (std::size_t reads = 0; reads <= pipe_bytes / chunk_bytes && wait_for_output(0); ++reads) LXCX_CHECK(read_once());
    // What the command left behind could hold the pipe open for ever; LXC would wait that long.
    ended_.left_listeners = static_cast<bool>(reader_);
    output_.finish();
    return ended_;
  }

 private:
  bool wait_for_output(int timeout_ms = poll_interval_ms) const {
    pollfd event{reader_.get(), POLLIN, 0};
    return reader_ && ::poll(&event, 1, timeout_ms) > 0;
  }

  Result<void> read_once() {
    std::array<char, chunk_bytes> chunk{};
    const ssize_t count = ::read(reader_.get(), chunk.data(), chunk.size());
    if (count < 0 && errno != EINTR) return fail_errno(errno, "read the hook's output");
    if (count == 0) reader_.reset();
    if (count > 0) output_.add({chunk.data(), static_cast<std::size_t>(count)});
    return {};
  }

  /// Once the output is closed there is nothing else to wait for, mostly for a moment only: look soon, then ever later.
  Result<void> look_whether_ended() {
    if (!reader_) {
      ::poll(nullptr, 0, pause_ms_);
      pause_ms_ = std::min(2 * pause_ms_ + 1, poll_interval_ms);
    }
    const pid_t found = ::waitpid(child_, &ended_.status, WNOHANG);
    if (found < 0 && errno != EINTR)
      return fail_errno(errno, "waitpid", errno == ECHILD ? "SIGCHLD is ignored in this process, so a hook's exit status is lost" : "");
    has_ended_ = found == child_;
    return {};
  }

  /// The command alone, not its process group: it shares ours, so that it can read from the terminal and hears the user's ^C.
  void cancel() {
    if (has_ended_) return;
    if (!ended_.was_cancelled)
      ::kill(child_, SIGTERM);
    else if (Clock::now() >= kill_at_)
      ::kill(child_, SIGKILL);
    if (!ended_.was_cancelled) kill_at_ = Clock::now() + grace;
    ended_.was_cancelled = true;
  }

  pid_t child_;
  Fd reader_;
  Output& output_;
  Ended ended_;
  bool has_ended_ = false;
  int pause_ms_ = 0;
  Clock::time_point kill_at_{};
};

}  // namespace

Result<Ended> run_command(const Command& command, Output& output, const std::function<bool()>& is_cancelled) {
  const auto started = Clock::now();
  const Image image(command);
  LXCX_TRY(pipe, make_pipe());
  LXCX_TRY(child, spawn(image, std::move(pipe.writer)));
  LXCX_TRY(ended, Listener(child, std::move(pipe.reader), output).listen(is_cancelled));
  ended.duration = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started);
  return ended;
}

}  // namespace lxcx::script
