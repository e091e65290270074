// SPDX-License-Identifier: Apache-2.0
#include <pwd.h>
#include <unistd.h>

#include <limits>

#include "core/base/text.hpp"
#include "host/commands/commands.hpp"
#include "host/namespace_names.hpp"
#include "host/session.hpp"

namespace lxcx::host::commands {
namespace {

constexpr Option options[] = {
    {'s', "namespaces", "NAMESPACE|…", "The namespaces to make: MOUNT, PID, UTSNAME, IPC, USER, NETWORK, CGROUP, TIME.", Completes::namespace_},
    {'u', "user", "UID", "With USER: what the caller's id, the only one that is mapped, is inside; a name's id is meant."},
    {'H', "hostname", "NAME", "With UTSNAME: the host name inside."},
    {'i', "ifname", "DEVICE", "With NETWORK: move this network interface inside. May be repeated."},
    {'d', "daemon", "", "Do not wait for the program."},
    {'M', "remount", "", "With MOUNT: mount /proc, /dev/shm and /dev/mqueue anew."},
};

Result<uid_t> parse_user(const std::string& text) {
  const Result<std::int64_t> number = core::parse_integer(text);
  if (number && *number >= 0 && *number < std::numeric_limits<uid_t>::max()) return static_cast<uid_t>(*number);
  if (const passwd* user = number ? nullptr : ::getpwnam(text.c_str())) return user->pw_uid;
  return fail(Code::usage, "--user: '" + text + "' is neither an id nor the name of a user");
}

Result<void> needs(const Arguments& arguments, std::string_view option, unsigned namespaces, core::Namespace kind, const char* name) {
  if (!arguments.has(option) || (namespaces & core::namespace_bit(kind)) != 0) return {};
  return fail(Code::usage, "--" + std::string(option) + " needs a new namespace " + name, "add it to --namespaces");
}

Result<core::UnshareRequest> read_request(const Arguments& arguments) {
  core::UnshareRequest request;
  if (!arguments.has("namespaces")) return fail(Code::usage, "no namespace was named", "lxcx unshare -s 'MOUNT|PID' -- CMD");
  LXCX_TRY(namespaces, parse_namespaces(arguments.value("namespaces")));
  request.namespaces = namespaces;
  LXCX_CHECK(needs(arguments, "user", namespaces, core::Namespace::user, "USER"));
  LXCX_CHECK(needs(arguments, "hostname", namespaces, core::Namespace::uts, "UTSNAME"));
  LXCX_CHECK(needs(arguments, "ifname", namespaces, core::Namespace::net, "NETWORK"));
  LXCX_CHECK(needs(arguments, "remount", namespaces, core::Namespace::mnt, "MOUNT"));
  if (arguments.words.empty()) return fail(Code::usage, "no program to run", "lxcx unshare -s 'MOUNT|PID' -- CMD");
  if (arguments.has("user")) {
    LXCX_TRY(uid, parse_user(arguments.value("user")));
    request.uid = uid;
    request.maps = {{false, uid, ::geteuid(), 1}};
  }
  request.hostname = arguments.value("hostname");
  request.interfaces = arguments.values("ifname");
  request.daemon = arguments.has("daemon");
  request.remount = arguments.has("remount");
  request.command = arguments.words;
  return request;
}

Result<int> run(Session& session, const Arguments& arguments) {
  LXCX_TRY(request, read_request(arguments));
  LXCX_TRY(runtime, session.runtime());
  return runtime->unshare(request);
}

}  // namespace

constinit const Command unshare{
    .name = "unshare",
    .summary = "Run a program in namespaces of its own, without a container",
    .operands = "-s NAMESPACES [--] CMD…",
    .takes = Operands::words,
    .options = options,
    .run = run,
};

}  // namespace lxcx::host::commands
