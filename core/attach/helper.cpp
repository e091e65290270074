// SPDX-License-Identifier: Apache-2.0
#include "core/attach/helper.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

#include "core/attach/enter/plan.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t max_program = 16 << 20;

/// Between clone3 and exec: system calls alone. Returns only to fail.
void become_helper(Kernel& kernel, const HelperRequest& request, int plan_fd, char* const argv[]) {
  char* const no_environment[] = {nullptr};
  for (const int fd : request.inherited)
    if (!kernel.fcntl(fd, F_SETFD, 0)) return;
  if (request.listener_write && !kernel.fcntl(request.listener_write.get(), F_SETFD, 0)) return;
  if (!kernel.fcntl(plan_fd, F_SETFD, 0) || !kernel.fcntl(request.status_write.get(), F_SETFD, 0)) return;
  (void)kernel.execveat(request.program, "", argv, no_environment, AT_EMPTY_PATH);
}

std::string hint_for(enter::Step step, int error) {
  using enter::Step;
  switch (step) {
    case Step::enter_namespaces: return error == EPERM ? "only root, or the user who started it, may enter the container" : "";
    case Step::clone:
      if (error == EACCES) return "the container's cgroup cannot be entered from the one this command is in; attach -eCGROUP goes without";
      return error == ENOMEM ? "the container's init has just ended" : "";
    case Step::set_ids: return error == EINVAL ? "the id is not in the container's lxc.idmap" : "";
    case Step::set_limits: return error == EPERM ? "lxc.prlimit asks for more than lxcx itself may have" : "";
    case Step::make_session: return "";
    case Step::set_label: return "the security module does not take lxc.apparmor.profile or lxc.selinux.context; attach -eLSM goes without";
    case Step::join_cgroups: return "attach -eCGROUP goes without";
    default: return "";
  }
}

Failure step_failure(const enter::Frame& frame) {
  std::string message = frame.step < enter::Step::count ? enter::step_names[static_cast<std::uint32_t>(frame.step)] : "an unknown step";
  if (frame.detail[0]) message.append(" '").append(frame.detail).append("'");
  Failure failure = fail_errno(frame.value, std::move(message), hint_for(frame.step, frame.value));
  return failure;
}

/// The next frame; nothing at the end of the pipe.
Result<std::optional<enter::Frame>> read_frame(Kernel& kernel, int fd) {
  enter::Frame frame = {};
  LXCX_TRY(size, kernel.read(fd, &frame, sizeof frame));
  if (size == 0) return std::optional<enter::Frame>();
  if (size != sizeof frame || frame.magic != enter::plan_magic) return fail(Code::internal, "lxcx-enter said something that is no frame");
  frame.detail[sizeof frame.detail - 1] = '\0';
  return std::optional(frame);
}

bool asks_to_end(int signal) { return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT; }

struct Answer {
  bool is_starting = false;
  pid_t command = 0;
  std::optional<enter::Frame> failure;
  std::vector<int> signals;  ///< for the command, once its pid is known
};

Result<bool> is_readable(Kernel& kernel, int fd) {
  pollfd watched{fd, POLLIN, 0};
  LXCX_TRY(ready, kernel.poll({&watched, 1}, 0));
  return ready > 0;
}

/// A listener that lxcx-enter has sent goes on to who answers for it; the end of the socket is the end of its use.
Result<void> pass_listener_on(Kernel& kernel, HelperRequest& request) {
  std::vector<UniqueFd> fds;
  LXCX_TRY(bytes, kernel.recvmsg(request.listener_read.get(), 1, fds));
  if (bytes.empty()) {
    request.listener_read.reset();
    return {};
  }
  if (fds.size() != 1) return fail(Code::internal, "lxcx-enter sent no seccomp listener");
  if (!request.take_listener) return fail(Code::internal, "nobody takes the seccomp filter's listener");
  return request.take_listener(std::move(fds.front()));
}

/// Waits for the pipe. A signal that asks us to end does so while nothing can run yet; after that it is the command's.
Result<void> wait_for_frame(Kernel& kernel, HelperRequest& request, const BlockedSignals& signals, Answer& answer) {
  const int fd = request.status_read.get();
  for (;;) {
    std::array<pollfd, 3> watched{{{fd, POLLIN, 0}, {signals.fd(), POLLIN, 0}, {request.listener_read.get(), POLLIN, 0}}};
    LXCX_CHECK(kernel.poll(watched, -1));
    // First: behind its filter the command may wait for an answer before it can say anything.
    if (watched[2].revents != 0) LXCX_CHECK(pass_listener_on(kernel, request));
    if (watched[0].revents != 0) return {};
    for (int signal = signals.next(); signal != 0; signal = signals.next()) {
      if (!asks_to_end(signal)) continue;
      if (answer.command > 0)
        (void)kernel.kill(answer.command, signal);
      else
        answer.signals.push_back(signal);
    }
    // poll(2) looks at its fds in turn: the command may have begun, and the signal been meant for it, between the two looks. A listener may have
    // come, too, and the end of the pipe after it.
    LXCX_TRY(has_news, is_readable(kernel, fd));
    if (has_news) continue;
    if (!answer.is_starting && !answer.signals.empty())
      return fail(Code::cancelled, "interrupted by signal " + std::to_string(answer.signals.front()) + " before the command ran");
  }
}

/// Reads all frames; `answer` holds what is known so far even when this fails.
Result<void> read_answer(Kernel& kernel, HelperRequest& request, const BlockedSignals& signals, Answer& answer) {
  for (;;) {
    LXCX_CHECK(wait_for_frame(kernel, request, signals, answer));
    LXCX_TRY(frame, read_frame(kernel, request.status_read.get()));
    if (!frame) return {};
    switch (frame->kind) {
      case enter::FrameKind::starting: answer.is_starting = true; break;
      case enter::FrameKind::failed: answer.failure = frame; break;
      case enter::FrameKind::started:
        // The command is this process's child. The pipe's other end is held by a process inside, which root there may trace: whom it names is asked
        // of the kernel, not believed. A child's number is nobody else's until it is waited for.
        if (answer.command != 0 || frame->value <= 0 || !kernel.check_child(frame->value))
          return fail(Code::internal, "lxcx-enter named a process that is not its command");
        answer.command = frame->value;
        for (const int signal : std::exchange(answer.signals, {})) (void)kernel.kill(answer.command, signal);
        break;
    }
  }
}

}  // namespace

Result<UniqueFd> copy_helper(Kernel& kernel, const std::string& path) {
  LXCX_TRY(program, read_file(kernel, AT_FDCWD, path.c_str(), max_program));
  LXCX_TRY(copy, kernel.memfd_create(path.substr(path.rfind('/') + 1).c_str(), MFD_ALLOW_SEALING));
  LXCX_CHECK(write_all(kernel, copy.get(), program));
  LXCX_CHECK(kernel.fcntl(copy.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
  return copy;
}

Result<UniqueFd> open_helper(Kernel& kernel, const std::string& path) {
  auto tree = kernel.open_tree(AT_FDCWD, path.c_str(), OPEN_TREE_CLONE);
  if (!tree && tree.error().sys_errno == ENOENT) {
    tree.error().hint = "lxcx is not installed completely";
    return tree;
  }
  if (!tree) return copy_helper(kernel, path);
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  LXCX_CHECK(kernel.mount_setattr(tree->get(), "", AT_EMPTY_PATH, attributes));
  return tree;
}

Result<HelperOutcome> run_helper(Kernel& kernel, HelperRequest request, const BlockedSignals& signals) {
  LXCX_TRY(plan, kernel.memfd_create("lxcx-enter-plan", 0));
  LXCX_CHECK(write_all(kernel, plan.get(), request.plan));
  std::string name = "lxcx-enter", number = std::to_string(plan.get());
  char* const argv[] = {name.data(), number.data(), nullptr};

  clone_args arguments = {};
  arguments.exit_signal = SIGCHLD;
  if (request.cgroup_v2 >= 0) {
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<__u64>(request.cgroup_v2);
  }
  LXCX_TRY(helper, kernel.clone3(arguments));
  if (helper == 0) {
    become_helper(kernel, request, plan.get(), argv);
    ::_exit(1);
  }
  request.status_write.reset();
  request.listener_write.reset();

  Answer answer;
  auto read = read_answer(kernel, request, signals, answer);
  if (!read) {
    (void)kernel.kill(helper, SIGKILL);
    if (answer.command > 0 && answer.command != helper) {
      (void)kernel.kill(answer.command, SIGKILL);
      (void)kernel.wait_pid(answer.command);
    }
    (void)kernel.wait_pid(helper);
    return std::unexpected(std::move(read).error());
  }
  const bool runs = answer.command > 0 && !answer.failure;
  if (runs && answer.command == helper) return HelperOutcome{answer.command, 0, {}};
  LXCX_TRY(helper_status, kernel.wait_pid(helper));
  if (runs) return HelperOutcome{answer.command, 0, {}};
  ExitStatus status = helper_status;
  if (answer.command > 0 && answer.command != helper) {
    LXCX_TRY(command_status, kernel.wait_pid(answer.command));
    status = command_status;
  }
  if (!answer.failure) {
    return fail(Code::internal, "lxcx-enter ended without a word, with status " + std::to_string(status.as_shell()),
                "a seccomp filter of the container may have killed it");
  }
  Failure failure = step_failure(*answer.failure);
  if (answer.failure->step != enter::Step::execute) return failure;
  return HelperOutcome{0, status.as_shell(), failure.error().message};
}

}  // namespace lxcx::core
