// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/mount.h>
#include <time.h>

#include <optional>

#include "core/base/error_frame.hpp"
#include "core/base/text.hpp"
#include "core/kernel/files.hpp"
#include "core/monitor/start_notifier.hpp"
#include "core/start/child/child.hpp"
#include "core/start/frame_log.hpp"
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

void take_log(StartContext& context, std::string_view payload) {
  if (const std::optional<LogLine> line = read_log_line(payload)) context.log().write(line->level, line->text);
}

void take_step(StartContext& context, std::string_view payload) {
  const std::vector<std::string> parts = split(payload, '\t');
  if (parts.size() != 2) return;
  const auto index = static_cast<std::size_t>(parse_integer(parts[0]).value_or(-1));
  const std::int64_t took = parse_integer(parts[1]).value_or(0);
  if (index >= child_step_count()) return;
  context.trace.push_back({child_step_name(index), std::chrono::nanoseconds(took), "child"});
  log_step(context, true, child_step_name(index));
}

void take_terminals(StartContext& context, Message& message) {
  std::size_t next = 0;
  if (message.payload == "console" && !message.fds.empty()) context.terminals.console_master = std::move(message.fds[next++]);
  for (; next < message.fds.size(); ++next) context.terminals.tty_masters.push_back(std::move(message.fds[next]));
}

Result<void> take_listener(StartContext& context, Message& message) {
  if (message.fds.size() != 1) return fail(Code::internal, "the child sent no seccomp listener");
  context.seccomp_listeners.push_back(std::move(message.fds.front()));
  return {};
}

/// mount_setattr(2): who maps the ids of a mount has to have power over its file system, which a child in a user namespace has not.
Result<void> map_mount(StartContext& context, const Message& message) {
  if (message.fds.size() != 1) return fail(Code::internal, "the child sent no mount");
  const std::string path = message.payload == "container" ? "/proc/" + std::to_string(context.init) + "/ns/user" : message.payload;
  LXCX_TRY(user_namespace, context.kernel.openat(AT_FDCWD, path.c_str(), O_RDONLY));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<unsigned>(user_namespace.get());
  return context.kernel.mount_setattr(message.fds.front().get(), "", AT_EMPTY_PATH | AT_RECURSIVE, attributes);
}

Result<void> answer_map_mount(StartContext& context, const Message& message) {
  const Result<void> done = map_mount(context, message);
  if (done) return send_frame(context.kernel, context.sync.get(), Frame::mapped);
  return send_frame(context.kernel, context.sync.get(), Frame::error, pack_error(done.error()));
}

/// Handles one message; an error frame becomes the error.
Result<void> take(StartContext& context, Message& message) {
  switch (message.frame) {
    case Frame::error: return std::unexpected(unpack_error(message.payload));
    case Frame::log: take_log(context, message.payload); return {};
    case Frame::step: take_step(context, message.payload); return {};
    case Frame::terminals: take_terminals(context, message); return {};
    case Frame::listener: return take_listener(context, message);
    case Frame::ready: return {};
    case Frame::map_mount: return answer_map_mount(context, message);
    case Frame::mapped:
    case Frame::go: break;
  }
  return fail(Code::internal, "the child sent a frame that only a parent sends");
}

/// proc_pid_stat(5), field 9: PF_FORKNOEXEC goes with the first exec, before it closes what is close-on-exec. A closed socket alone does not
/// tell an exec from a death, nor does the process's state, which changes after a dying process has closed its files.
bool never_executed(Kernel& kernel, pid_t pid) {
  constexpr std::int64_t fork_no_exec = 0x40;
  const Result<std::string> text = read_file(kernel, AT_FDCWD, ("/proc/" + std::to_string(pid) + "/stat").c_str(), 4096);
  if (!text) return false;
  const std::size_t end = text->rfind(')');
  const std::vector<std::string> fields = split(std::string_view(*text).substr(end == std::string::npos ? 0 : end + 1), ' ');
  return fields.size() >= 7 && (parse_integer(fields[6]).value_or(0) & fork_no_exec) != 0;
}

/// From here on what init calls may wait for an answer.
Result<void> answer_for_listener(StartContext& context, std::optional<StartNotifier>& notifier) {
  if (!notifier) {
    LXCX_TRY(opened, StartNotifier::open(context.log(), {context.notify_proxy, context.notify_cookie, context.init}));
    notifier.emplace(std::move(opened));
  }
  return notifier->add(context.kernel, context.seccomp_listeners.back());
}

Result<void> write_pid_file(StartContext& context) {
  if (context.request.pid_file.empty()) return {};
  LXCX_TRY(fd, context.kernel.openat(AT_FDCWD, context.request.pid_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  return write_all(context.kernel, fd.get(), std::to_string(::getpid()));
}

/// It says what fails; only the kernel ends it without a word.
Failure was_killed() {
  return fail(Code::kernel, "the process that was to become init was killed",
              "is a memory limit (lxc.cgroup2.memory.max, lxc.cgroup.memory.limit_in_bytes) or lxc.prlimit.as too small? see the kernel's log");
}

}  // namespace

Result<void> await_setup(StartContext& context) {
  while (true) {
    Message message{};
    LXCX_TRY(closed, receive_or_closed(context.kernel, context.sync.get(), message));
    if (closed) return was_killed();
    LXCX_CHECK(take(context, message));
    if (message.frame == Frame::ready) return {};
  }
}

// The child's end closes at exec (close-on-exec): silence is success.
Result<void> release_init(StartContext& context) {
  LXCX_CHECK(send_frame(context.kernel, context.sync.get(), Frame::go));
  std::optional<StartNotifier> notifier;
  while (true) {
    if (notifier) LXCX_CHECK(notifier->serve_until_readable(context.sync.get()));
    Message message{};
    LXCX_TRY(closed, receive_or_closed(context.kernel, context.sync.get(), message));
    if (!closed) {
      LXCX_CHECK(take(context, message));
      if (message.frame == Frame::listener) LXCX_CHECK(answer_for_listener(context, notifier));
      continue;
    }
    context.sync.reset();
    if (never_executed(context.kernel, context.init))
      return fail(Code::kernel, "init was killed before it could run",
                  "does the seccomp policy allow execve, and sendmsg if it has notify rules? was memory exhausted? see the kernel's log");
    return {};
  }
}

Result<void> record_running(StartContext& context) {
  context.log().info("init runs, as process " + std::to_string(context.init));
  context.state.enter(State::running);
  context.state.started_at = ::time(nullptr);
  context.state.monitor = this_process();
  LXCX_CHECK(context.run->write_state(context.state));
  LXCX_CHECK(hinting(doing(write_pid_file(context), "write the pid file"), "--pidfile names a file in a directory that exists"));
  if (const Result<void> told = run_event(context, LXCX_EVENT_RUNNING); !told) context.log().warn(told.error().message + ", ignoring");
  return {};
}

}  // namespace lxcx::core
