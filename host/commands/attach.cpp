// SPDX-License-Identifier: Apache-2.0
#include "host/commands/commands.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/text.hpp"
#include "host/namespace_names.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'e', "elevated-privileges", "[WHAT]",
     "Skip these restrictions of the container: CAP, CGROUP, LSM, joined by |; all when none is named. "
     "Dangerous: what runs may reach beyond the container."},
    {'a', "arch", "ARCH", "The architecture that uname(2) shows, as lxc.arch has it."},
    {'s', "namespaces", "NAMESPACE|…",
     "Enter these namespaces alone: MOUNT, PID, UTSNAME, IPC, USER, NETWORK, CGROUP, TIME. Implies --elevated-privileges.", Completes::namespace_},
    {'R', "remount-sys-proc", "", "Without MOUNT: mount /proc and /sys anew, in a mount namespace of its own."},
    {0, "clear-env", "", "Begin with an empty environment."},
    {0, "keep-env", "", "Keep this environment; the default."},
    {0, "keep-var", "NAME", "With --clear-env: keep this variable. May be repeated."},
    {'v', "set-var", "NAME=VALUE", "Set a variable. May be repeated."},
    {'L', "pty-log", "FILE", "Append what the terminal shows to FILE.", Completes::file},
    {'f', "rcfile", "FILE", "Read the configuration from FILE.", Completes::file},
    {'c', "context", "CONTEXT", "The SELinux context to run in. Refused: lxcx does not set any yet."},
    {'u', "uid", "UID", "Run as this user of the container."},
    {'g', "gid", "GID", "Run as this group of the container."},
};

constexpr std::array<std::string_view, 3> privileges{"CAP", "CGROUP", "LSM"};

bool is_privilege(std::string_view word) {
  return std::ranges::any_of(privileges, [&](std::string_view each) { return core::equal_ignoring_case(word, each); });
}

Result<void> read_elevation(const Arguments& arguments, core::EnterOptions& enter) {
  const std::string text = arguments.value("elevated-privileges");
  const bool all = text.empty();
  enter.elevate_capabilities = enter.elevate_cgroup = enter.elevate_lsm = all;
  for (const std::string& word : core::split(text, '|')) {
    if (core::equal_ignoring_case(word, "CAP"))
      enter.elevate_capabilities = true;
    else if (core::equal_ignoring_case(word, "CGROUP"))
      enter.elevate_cgroup = true;
    else if (core::equal_ignoring_case(word, "LSM"))
      enter.elevate_lsm = true;
    else
      return fail(Code::usage, "--elevated-privileges: '" + word + "' is none of CAP, CGROUP, LSM");
  }
  return {};
}

/// The names of architectures are lxc.arch's, so its parser decides.
Result<std::optional<unsigned long>> parse_architecture(const std::string& text) {
  LXCX_TRY(line, core::config_line("lxc.arch", text));
  const core::ParsedConfig parsed = core::parse_config(line, "--arch", core::real_config_source());
  if (parsed.has_errors()) return fail(Code::usage, "--arch: there is no architecture '" + text + "'", parsed.diagnostics.front().hint);
  return parsed.config.personality;
}

Result<std::optional<uid_t>> read_id(const Arguments& arguments, std::string_view option) {
  if (!arguments.has(option)) return std::nullopt;
  LXCX_TRY(id, arguments.number(option, 0, 0, std::numeric_limits<uid_t>::max() - 1L));
  return static_cast<uid_t>(id);
}

Result<void> read_environment(const Arguments& arguments, core::EnterOptions& enter) {
  enter.clear_environment = arguments.has("clear-env");
  if (enter.clear_environment && arguments.has("keep-env")) return fail(Code::usage, "--clear-env and --keep-env exclude each other");
  enter.keep = arguments.values("keep-var");
  enter.set = arguments.values("set-var");
  for (const std::string& assignment : enter.set)
    if (const std::size_t equals = assignment.find('='); equals == std::string::npos || equals == 0)
      return fail(Code::usage, "--set-var: '" + assignment + "' is not of the form NAME=VALUE");
  return {};
}

/// As a restriction it is not to be dropped in silence, but LXC's scripts go on where the kernel could not have heeded it.
Result<void> refuse_context(Session& session, const Arguments& arguments) {
  if (!arguments.has("context")) return {};
  const bool has_selinux = session.kernel().faccessat(AT_FDCWD, "/sys/fs/selinux", F_OK, 0).has_value();
  if (session.is_lxc_tool() && !has_selinux) {
    session.warn({"--context: the kernel has no SELinux, ignoring"});
    return {};
  }
  return fail(Code::unsupported, "--context: lxcx does not set SELinux contexts" + std::string(has_selinux ? "" : ", and the kernel has no SELinux"),
              "leave the option out");
}

Result<core::AttachRequest> read_request(Session& session, const Arguments& arguments) {
  core::AttachRequest request;
  LXCX_CHECK(refuse_context(session, arguments));
  request.name = arguments.name;
  request.options.command = arguments.words;
  LXCX_CHECK(read_environment(arguments, request.options));
  if (arguments.has("namespaces")) {
    LXCX_TRY(bits, parse_namespaces(arguments.value("namespaces")));
    request.options.namespaces = bits;
  }
  if (arguments.has("elevated-privileges") || arguments.has("namespaces")) LXCX_CHECK(read_elevation(arguments, request.options));
  request.options.remount_sys_proc = arguments.has("remount-sys-proc");
  if (arguments.has("arch")) {
    LXCX_TRY(personality, parse_architecture(arguments.value("arch")));
    request.options.personality = personality;
  }
  LXCX_TRY(uid, read_id(arguments, "uid"));
  request.options.uid = uid;
  LXCX_TRY(gid, read_id(arguments, "gid"));
  request.options.gid = gid;
  for (const auto& [option, target] : {std::pair{"pty-log", &request.options.pty_log}, std::pair{"rcfile", &request.config_file}}) {
    if (!arguments.has(option)) continue;
    LXCX_TRY(path, session.absolute(arguments.value(option)));
    *target = std::move(path);
  }
  // As under LXC: where the caller is, if that is a directory inside too.
  if (session.is_lxc_tool()) request.options.directory_if_there = session.absolute(".").value_or("");
  return request;
}

Result<int> run(Session& session, const Arguments& arguments) {
  LXCX_TRY(request, read_request(session, arguments));
  request.options.on_not_executed = [&](Error why) {
    // getopt(3) has it so, and so has lxc-attach: the value of -e is optional.
    if (!arguments.words.empty() && arguments.has("elevated-privileges") && arguments.value("elevated-privileges").empty() &&
        is_privilege(arguments.words.front()))
      why.hint = "the value of -e stands right behind it: -e" + arguments.words.front();
    session.complain(doing(Result<void>(std::unexpected(std::move(why))), "attach " + request.name).error());
  };
  LXCX_TRY(runtime, session.runtime());
  return runtime->attach(request);
}

}  // namespace

constinit const Command attach{
    .name = "attach",
    .summary = "Run a shell or a program inside a running container",
    .operands = "NAME [-- CMD…]",
    .takes = Operands::name_and_command,
    .completes = Completes::container,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
