// SPDX-License-Identifier: Apache-2.0
// lxcx-enter PLAN_FD: takes one process into a running container and becomes the command there.
//
// lxcx executes it from a detached read-only mount (CVE-2019-5736), inside the container's v2 cgroup already. Everything that needs the host
// happens before the clone into the pid namespace, while no process of the container can see this one (CVE-2016-9962).
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include "core/attach/enter/context.hpp"

namespace lxcx::enter {
namespace {

constexpr Action outside[] = {
    {Step::close_descriptors, close_descriptors},
    {Step::reset_signals, reset_signals},
    {Step::join_cgroups, join_cgroups},
    {Step::share_core, share_core},
    {Step::set_limits, set_limits},
    {Step::write_proc_files, write_proc_files},
    {Step::enter_namespaces, enter_namespaces},
    {Step::enter_root, enter_root},
    {Step::become_root, become_root},
    {Step::drop_groups, drop_groups},
    {Step::make_keyring, make_keyring},
    {Step::set_personality, set_personality},
    {Step::drop_capabilities, drop_capabilities},
    {Step::set_label, set_label},
    {Step::connect_streams, connect_streams},
};

constexpr Action inside[] = {
    {Step::make_session, make_session},
    {Step::mount_proc_and_sys, mount_proc_and_sys},
    {Step::change_directory, change_directory},
    {Step::set_no_new_privileges, set_no_new_privileges},
    {Step::restrict_files, restrict_files},
    {Step::load_seccomp, load_seccomp},
    {Step::set_ids, set_ids},
    {Step::execute, execute},
};

template <std::size_t size>
void run(const Action (&actions)[size], Context& context) {
  for (const Action& action : actions) {
    context.detail = "";
    if (const int error = action.act(context); error != 0) fail(context, action.step, error);
  }
}

bool joins_pid_namespace(const Context& context) {
  const auto* entries = context.at<NamespaceEntry>(context.plan->namespaces);
  for (std::uint32_t i = 0; i < context.plan->namespaces.count; ++i)
    if (entries[i].type == CLONE_NEWPID) return true;
  return false;
}

void write_frame(const Context& context, FrameKind kind, Step step, int value) {
  Frame frame = {};
  frame.magic = plan_magic;
  frame.kind = kind;
  frame.step = step;
  frame.value = value;
  std::strncpy(frame.detail, context.detail, sizeof frame.detail - 1);
  if (context.plan) (void)!::write(context.plan->status_fd, &frame, sizeof frame);
}

void report(const Context& context, FrameKind kind, int value) { write_frame(context, kind, Step::clone, value); }

/// setns(2) moves the children only. CLONE_PARENT: lxcx itself waits for the command, and this process is gone at once.
void clone_into_pid_namespace(const Context& context) {
  clone_args arguments = {};
  arguments.flags = CLONE_PARENT;
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) fail(context, Step::clone, errno);
  if (pid == 0) return;
  report(context, FrameKind::started, static_cast<int>(pid));
  ::_exit(0);
}

}  // namespace

void fail(const Context& context, Step step, int error) {
  write_frame(context, FrameKind::failed, step, error);
  if (step != Step::execute) ::_exit(1);
  ::_exit(error == ENOENT || error == ENOTDIR ? 127 : 126);
}

}  // namespace lxcx::enter

int main(int argc, char** argv) {
  using namespace lxcx::enter;
  // Until the exec of the command, which makes a new address space, nobody may look into this one.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  Context context;
  // What is no number must not become descriptor 0, whatever plan may come from there.
  if (argc != 2) return 2;
  int plan_fd = -1;
  const char* const end = argv[1] + std::strlen(argv[1]);
  if (const auto [at, error] = std::from_chars(argv[1], end, plan_fd); error != std::errc{} || at != end) return 2;
  if (const int error = read_plan(plan_fd, context); error != 0) fail(context, Step::read_plan, error);
  run(outside, context);
  report(context, FrameKind::starting, 0);
  if (joins_pid_namespace(context)) {
    clone_into_pid_namespace(context);
  } else {
    report(context, FrameKind::started, ::getpid());
  }
  run(inside, context);
}
