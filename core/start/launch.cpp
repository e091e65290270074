// SPDX-License-Identifier: Apache-2.0
// Runs the steps of a prepared start, here or in a daemon that becomes the monitor, and hears how it went.
#include "core/start/launch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "core/base/error_frame.hpp"
#include "core/base/text.hpp"
#include "core/monitor/monitor.hpp"
#include "core/start/child/child.hpp"
#include "core/start/frame_log.hpp"
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

/// The file that this start's log goes to: the command line's, else the configuration's. Empty: none.
std::string log_file_of(const StartContext& context) {
  std::string file = context.config.log_file;
  constexpr std::string_view option = "--logfile=";
  for (const std::string& word : context.host.teardown_options)
    if (word.starts_with(option)) file = word.substr(option.size());
  return file == "none" ? std::string() : file;
}

/// The monitor's handover: everything it needs by number.
MonitorHandover handover_of(StartContext& context) {
  MonitorHandover handover;
  const Host& host = context.host;
  handover.program = monitor_program(host);
  handover.title = "[lxc monitor] " + context.paths.lxcpath + " " + context.paths.name;
  handover.run_directory = context.run->path();
  handover.init = context.init;
  handover.init_pidfd = context.init_pidfd.get();
  handover.console_master = context.terminals.console_master.get();
  handover.console_peer = context.terminals.console_peer.get();
  handover.console_log = context.config.console_logfile;
  handover.console_log_size = context.config.console_log_size;
  handover.console_rotate = context.config.console_rotate;
  handover.console_buffer_size = context.config.console_buffer_size;
  for (const UniqueFd& master : context.terminals.tty_masters) handover.tty_masters.push_back(master.get());
  for (const auto& [ns, fd] : context.held_namespaces) handover.kept_fds.push_back(fd.get());
  for (const UniqueFd& listener : context.seccomp_listeners) handover.seccomp_listeners.push_back(listener.get());
  handover.notify_proxy = context.notify_proxy;
  handover.notify_cookie = context.notify_cookie;
  if (!context.seccomp_listeners.empty()) handover.log_file = log_file_of(context);  // the monitor logs nothing else
  handover.log_name = "lxcx " + context.paths.name;
  handover.foreground = context.request.foreground;
  handover.teardown = {host.layout.executable, "--internal-teardown", context.run->path()};
  handover.teardown.insert(handover.teardown.end(), host.teardown_options.begin(), host.teardown_options.end());
  return handover;
}

Result<void> restrict_monitor(StartContext& context) {
  for (const UniqueFd& ruleset : context.monitor_rulesets) LXCX_CHECK(context.kernel.landlock_restrict_self(ruleset.get()));
  return {};
}

/// chdir, session and streams of a daemon; what the caller leaked is closed but for what the start itself holds (close-on-exec does the rest).
Result<void> daemonize(StartContext& context) {
  Kernel& kernel = context.kernel;
  LXCX_CHECK(kernel.setsid());
  LXCX_CHECK(kernel.chdir("/"));
  LXCX_TRY(null, kernel.openat(AT_FDCWD, "/dev/null", O_RDWR));
  for (int fd = 0; fd < 3; ++fd) LXCX_CHECK(kernel.dup2(null.get(), fd));
  return {};
}

void send_trace(StartContext& context, int fd) {
  for (const StepTime& step : context.trace)
    (void)send_frame(context.kernel, fd, Frame::step,
                     std::string(step.side) + "\t" + std::to_string(step.took.count()) + "\t" + std::string(step.name));
  context.trace.clear();  // once
}

/// Tells the caller that init runs, and hears that it was told: a start that nobody knows of is taken back.
Result<void> announce(StartContext& context, int caller) {
  if (context.request.trace_steps) send_trace(context, caller);
  LXCX_CHECK(send_frame(context.kernel, caller, Frame::ready, std::to_string(context.init)));
  Message answer{};
  LXCX_TRY(closed, receive_or_closed(context.kernel, caller, answer));
  if (closed || answer.frame != Frame::go) return fail(Code::cancelled, "the command that started it ended before it could be told");
  return {};
}

Result<void> run_steps_of(StartContext& context) { return context.run_steps != nullptr ? context.run_steps(context) : run_start_steps(context); }

/// The daemon's whole life as lxcx: it ends as the monitor, or with an error sent to the caller.
[[noreturn]] void run_daemon(StartContext& context, int caller) {
  DaemonLog log(context.kernel, caller, context.host.log);
  context.forked_log = &log;
  Result<void> done = daemonize(context);
  if (!done) take_back(context);
  if (done) done = run_steps_of(context);
  if (done) done = become_its_monitor(context, caller);
  if (context.request.trace_steps) send_trace(context, caller);
  (void)send_frame(context.kernel, caller, Frame::error, pack_error(done.error()));
  ::_exit(static_cast<int>(done.error().code));
}

void take_step(StartOutcome& outcome, std::string_view payload, std::vector<std::string>& names) {
  const std::vector<std::string> parts = split(payload, '\t');
  if (parts.size() != 3) return;
  names.push_back(parts[2]);
  const bool is_child = parts[0] == "child";
  outcome.trace.push_back(
      {step_name(is_child, parts[2]), std::chrono::nanoseconds(parse_integer(parts[1]).value_or(0)), is_child ? "child" : "parent"});
}

/// The next message of the daemon; nothing when its end closed.
Result<std::optional<Message>> next_message(Kernel& kernel, int fd, std::chrono::milliseconds timeout) {
  if (timeout.count() > 0) {
    pollfd ready{fd, POLLIN, 0};
    LXCX_TRY(count, kernel.poll({&ready, 1}, static_cast<int>(timeout.count())));
    if (count == 0) return fail(Code::timeout, "the container did not start within " + std::to_string(timeout.count()) + " ms");
  }
  Message message{};
  LXCX_TRY(closed, receive_or_closed(kernel, fd, message));
  if (closed) return std::nullopt;
  if (message.frame == Frame::error) return std::unexpected(unpack_error(message.payload));
  return message;
}

void show_warning(Log& log, const Message& message) {
  if (message.frame != Frame::log) return;
  if (const std::optional<LogLine> line = read_log_line(message.payload)) log.show(line->level, line->text);
}

/// Whatever goes wrong here, the daemon sees this end close and takes the start back.
Result<void> hear_daemon(Host& host, int fd, const StartRequest& request, StartOutcome& outcome) {
  std::vector<std::string> names;
  while (outcome.init == 0) {
    LXCX_TRY(message, next_message(host.kernel, fd, request.timeout));
    if (!message) return fail(Code::internal, "the process that started it ended without a word", "see the kernel's log: was it killed?");
    show_warning(host.log, *message);
    if (message->frame == Frame::step) take_step(outcome, message->payload, names);
    if (message->frame == Frame::ready) outcome.init = static_cast<pid_t>(parse_integer(message->payload).value_or(-1));
  }
  LXCX_CHECK(send_frame(host.kernel, fd, Frame::go));
  // Its end closes when it becomes the monitor (close-on-exec); a word before that is the error that kept it from it. What goes wrong with
  // hearing it changes nothing: it was told to go on.
  while (true) {
    Message last{};
    const Result<bool> closed = receive_or_closed(host.kernel, fd, last);
    if (!closed || *closed) return {};
    if (last.frame == Frame::error) return std::unexpected(unpack_error(last.payload));
    show_warning(host.log, last);
  }
}

void show_trace(const StartRequest& request, const std::vector<StepTime>& trace) {
  if (request.trace_steps && request.on_trace && !trace.empty()) request.on_trace(trace);
}

Result<StartOutcome> start_daemon(StartContext& context) {
  Kernel& kernel = context.kernel;
  // Until there is a daemon, the run directory is this process's to remove.
  const auto without_daemon = [&context](const Error& error) -> Result<StartOutcome> {
    (void)context.run->remove();
    return std::unexpected(error);
  };
  Result<std::pair<UniqueFd, UniqueFd>> pair = kernel.socketpair(SOCK_SEQPACKET);
  if (!pair) return without_daemon(pair.error());
  std::pair<UniqueFd, UniqueFd> ends = std::move(*pair);
  context.waiting_command = ::getpid();
  const Result<pid_t> forked = kernel.fork();
  if (!forked) return without_daemon(forked.error());
  if (*forked == 0) {
    ends.first.reset();
    run_daemon(context, ends.second.get());
  }
  ends.second.reset();
  StartOutcome outcome;
  const Result<void> heard = hear_daemon(context.host, ends.first.get(), context.request, outcome);
  if (heard) return outcome;
  show_trace(context.request, outcome.trace);
  return std::unexpected(heard.error());
}

Result<StartOutcome> start_foreground(StartContext& context) {
  const Result<void> done = run_steps_of(context);
  show_trace(context.request, context.trace);
  return std::unexpected(done ? become_its_monitor(context).error() : done.error());
}

}  // namespace

std::string monitor_program(const Host& host) { return host.layout.program_directory + "/lxcx-monitor"; }

Result<StartOutcome> launch(StartContext& context) { return context.request.foreground ? start_foreground(context) : start_daemon(context); }

std::string_view step_name(bool is_child, std::string_view name) {
  if (is_child) {
    for (std::size_t i = 0; i < child_step_count(); ++i)
      if (child_step_name(i) == name) return child_step_name(i);
  }
  for (const StartStep& step : start_steps)
    if (step.name == name) return step.name;
  return "another step";
}

Result<void> become_its_monitor(StartContext& context, int caller) {
  const auto hand_over = [&]() -> Result<void> {
    LXCX_CHECK(restrict_monitor(context));
    MonitorHandover handover = handover_of(context);
    LXCX_TRY(control, make_control_socket(context.kernel, context.run->fd()));
    handover.control_fd = control.get();
    for (const auto& [ns, fd] : context.held_namespaces)
      context.state.extra["held." + std::string(namespace_names[static_cast<std::size_t>(ns)])] = std::to_string(fd.get());
    LXCX_CHECK(context.run->write_state(context.state));
    // Telling the caller comes last before the exec: what it sees as running has a monitor.
    if (caller >= 0) LXCX_CHECK(announce(context, caller));
    return become_monitor(context.kernel, handover);
  };
  Result<void> failed = doing(hand_over(), "hand over to the monitor");
  take_back(context);
  return failed;
}

}  // namespace lxcx::core
