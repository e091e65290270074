// SPDX-License-Identifier: Apache-2.0
// The last steps: waiting for the parent, giving up power, becoming init.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "core/base/text.hpp"
#include "core/config/names.hpp"
#include "core/kernel/safe_paths.hpp"
#include "core/start/child/steps.hpp"
#include "core/start/child/tiny_init.hpp"

namespace lxcx::core {

namespace {

/// capabilities(7) of this kernel; PR_CAPBSET_READ fails past the last one.
int last_capability(Kernel& kernel) {
  int last = capability_count;
  while (last < 64 && kernel.prctl(PR_CAPBSET_READ, static_cast<unsigned long>(last), 0, 0, 0)) ++last;
  while (last > 0 && !kernel.prctl(PR_CAPBSET_READ, static_cast<unsigned long>(last - 1), 0, 0, 0)) --last;
  return last - 1;
}

std::vector<int> capabilities_to_drop(const ContainerConfig& config, int last) {
  if (!config.cap_keep) return config.cap_drop;
  std::vector<int> drop;
  for (int capability = 0; capability <= last; ++capability)
    if (std::ranges::find(*config.cap_keep, capability) == config.cap_keep->end()) drop.push_back(capability);
  return drop;
}

/// seccomp(2), EBUSY: of all the filters that a process has, one may have a listener.
Error explained(Error error) {
  if (error.sys_errno == EBUSY) error.hint = "a policy with notify rules cannot be added where lxcx itself, or another policy here, has some";
  return error;
}

Result<void> apply(ChildContext& context, const SecurityAction& action) {
  switch (action.type) {
    case SecurityAction::Type::seccomp: {
      // The bytes are struct sock_filter[]; std::string's buffer is aligned for it (operator new).
      sock_fprog program{static_cast<unsigned short>(action.bytes.size() / sizeof(sock_filter)),
                         reinterpret_cast<sock_filter*>(const_cast<char*>(action.bytes.data()))};
      Result<UniqueFd> listener = context.kernel.seccomp_load(program, action.flags);
      if (!listener) return std::unexpected(explained(std::move(listener).error()));
      // At once: until the other side has it, whatever the filter notifies of waits. This copy closes here, before any hook runs inside.
      if (*listener) return send_frame(context.kernel, context.sync.get(), Frame::listener, {}, std::array{listener->get()});
      return {};
    }
    case SecurityAction::Type::label: {
      if (!context.proc) return fail(Code::unsupported, "an LSM label needs lxc.mount.auto = proc");
      return write_proc(context.kernel, context.proc.get(), "thread-self/attr/exec", "exec " + action.bytes);
    }
    case SecurityAction::Type::landlock: return context.kernel.landlock_restrict_self(action.ruleset.get());
  }
  return {};
}

std::vector<std::string> init_environment(const ChildContext& context) {
  std::vector<std::string> lines;
  // A later value replaces an earlier one, as putenv(3) would.
  const auto set = [&](const std::string& name, const std::string& value) {
    std::erase_if(lines, [&](const std::string& line) { return line.starts_with(name + "="); });
    lines.push_back(name + "=" + value);
  };
  for (const Setting& item : context.config.environment) set(item.key, item.value);
  for (const Setting& item : context.config.environment_runtime) set(item.key, item.value);
  set("container", "lxc");
  if (!context.tty_names.empty()) set("container_ttys", join(context.tty_names, " "));
  return lines;
}

std::string search_path(const std::vector<std::string>& environment) {
  for (const std::string& line : environment)
    if (line.starts_with("PATH=")) return line.substr(5);
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

Result<void> standard_streams(ChildContext& context) {
  Kernel& kernel = context.kernel;
  const StartRequest& request = context.start.request;
  const bool keeps_streams = request.execute && request.foreground;  // its output is the caller's, pipes included
  if (context.console) {
    for (int fd = 0; fd < 3; ++fd)
      if (!keeps_streams || ::isatty(fd) == 1) LXCX_CHECK(kernel.dup2(context.console.get(), fd));
    if (!keeps_streams) LXCX_CHECK(kernel.fchown(0, context.config.init_uid, static_cast<gid_t>(-1)));
    return {};
  }
  if (request.foreground) return {};
  Result<UniqueFd> null = kernel.openat(AT_FDCWD, "/dev/null", O_RDWR);
  if (!null) return {};
  for (int fd = 0; fd < 3; ++fd) LXCX_CHECK(kernel.dup2(null->get(), fd));
  return {};
}

Result<void> become_user(ChildContext& context) {
  const ContainerConfig& config = context.config;
  if (!config.init_groups.empty()) {
    LXCX_CHECK(context.kernel.setgroups(config.init_groups));
  } else {
    LXCX_CHECK(context.kernel.setgroups({}));
  }
  if (config.init_gid != 0) LXCX_CHECK(doing(context.kernel.setresgid(config.init_gid, config.init_gid, config.init_gid), "lxc.init.gid"));
  if (config.init_uid != 0) LXCX_CHECK(doing(context.kernel.setresuid(config.init_uid, config.init_uid, config.init_uid), "lxc.init.uid"));
  LXCX_TRY(sets, context.kernel.capget());
  sets.inheritable = 0;  // CVE-2022-24769, CVE-2022-29162
  LXCX_CHECK(context.kernel.capset(sets));
  LXCX_CHECK(context.kernel.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  return {};
}

Error exec_error(const std::string& program, Error error) {
  error.message = "execute '" + program + "' inside the container";
  if (error.sys_errno == ENOENT)
    error.hint = "the file, its interpreter or its loader does not exist inside; name another with lxc.init.cmd or after --";
  if (error.sys_errno == ENOEXEC) error.hint = "it is built for another architecture, or is a script without #!";
  if (error.sys_errno == EACCES) error.hint = "it is not executable, or lies on a noexec mount, or the container's root may not reach it";
  return error;
}

}  // namespace

Result<void> report_ready(ChildContext& context) {
  LXCX_CHECK(send_frame(context.kernel, context.sync.get(), Frame::ready));
  LXCX_TRY(message, receive_frame(context.kernel, context.sync.get()));
  if (message.frame != Frame::go) return fail(Code::internal, "the parent sent another frame than 'go'");
  return {};
}

Result<void> drop_capabilities(ChildContext& context) {
  for (const int capability : capabilities_to_drop(context.config, last_capability(context.kernel))) {
    const Result<int> dropped = context.kernel.prctl(PR_CAPBSET_DROP, static_cast<unsigned long>(capability), 0, 0, 0);
    // A number this kernel does not know cannot be had either.
    if (!dropped && dropped.error().sys_errno != EINVAL) return std::unexpected(dropped.error());
  }
  return {};
}

Result<void> apply_policy(ChildContext& context) {
  const auto apply_all = [&](SecurityAction::Type type) -> Result<void> {
    for (const SecurityAction& action : context.start.actions)
      if (action.type == type) LXCX_CHECK(apply(context, action));
    return {};
  };
  LXCX_CHECK(apply_all(SecurityAction::Type::label));
  if (context.config.no_new_privs) LXCX_CHECK(context.kernel.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  LXCX_CHECK(apply_all(SecurityAction::Type::landlock));
  return apply_all(SecurityAction::Type::seccomp);
}

Result<void> exec_init(ChildContext& context) {
  Kernel& kernel = context.kernel;
  const std::vector<std::string> environment = init_environment(context);
  LXCX_CHECK(standard_streams(context));
  LXCX_CHECK(kernel.setsid());
  const std::string directory = context.config.init_directory.empty() ? "/" : context.config.init_directory;
  LXCX_CHECK(hinting(doing(kernel.chdir(directory.c_str()), "lxc.init.cwd"), "create it in the image, or point lxc.init.cwd at another directory"));
  LXCX_CHECK(become_user(context));
  LXCX_CHECK(kernel.prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(context.config.monitor_death_signal.value_or(0)), 0, 0, 0));
  // Nothing of the host comes along, whatever the caller leaked (CVE-2016-8649, CVE-2024-21626).
  LXCX_CHECK(kernel.close_range(3, ~0U, CLOSE_RANGE_CLOEXEC));
  std::vector<char*> argv, envp;
  for (const std::string& word : context.start.init_command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  for (const std::string& line : environment) envp.push_back(const_cast<char*>(line.c_str()));
  envp.push_back(nullptr);
  if (context.start.request.execute) return run_tiny_init(context, argv.data(), envp.data(), search_path(environment));
  return exec_program(kernel, argv.data(), envp.data(), search_path(environment));
}

Result<void> exec_program(Kernel& kernel, char* const argv[], char* const envp[], const std::string& path) {
  const std::string program = argv[0];
  if (program.find('/') != std::string::npos) {
    Result<void> failed = kernel.execveat(AT_FDCWD, program.c_str(), argv, envp, 0);
    return std::unexpected(exec_error(program, failed.error()));
  }
  Error last{Code::not_found, ENOENT, {}, {}, {}, {}, {}};
  for (const std::string& directory : split(path, ':')) {
    const Result<void> failed = kernel.execveat(AT_FDCWD, (directory + "/" + program).c_str(), argv, envp, 0);
    if (failed.error().sys_errno != ENOENT && failed.error().sys_errno != ENOTDIR) last = failed.error();
  }
  return std::unexpected(exec_error(program, std::move(last)));
}

}  // namespace lxcx::core
