// SPDX-License-Identifier: Apache-2.0
#include "core/unshare/unshare.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "core/base/error_frame.hpp"
#include "core/base/text.hpp"
#include "core/container/namespaces.hpp"
#include "core/device/device.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"
#include "core/kernel/signals.hpp"
#include "core/unshare/map_helper.hpp"

namespace lxcx::core {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;

bool has(const UnshareRequest& request, Namespace kind) { return (request.namespaces & namespace_bit(kind)) != 0; }

Result<void> mount_anew(Kernel& kernel) {
  LXCX_CHECK(kernel.mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr));
  for (const auto& [place, type] : {std::pair("/dev/shm", "tmpfs"), std::pair("/dev/mqueue", "mqueue")}) {
    if (!kernel.faccessat(AT_FDCWD, place, F_OK, 0)) continue;
    LXCX_CHECK(kernel.mount(type, place, type, MS_NOSUID | MS_NODEV, nullptr));
  }
  return {};
}

Result<void> become_user(Kernel& kernel, const UnshareRequest& request) {
  if (!request.uid) return {};
  const bool maps_groups = !map_text(request.maps, true).empty();
  if (maps_groups) LXCX_CHECK(kernel.setresgid(0, 0, 0));
  if (maps_groups) LXCX_CHECK(kernel.setgroups({}));
  return kernel.setresuid(*request.uid, *request.uid, *request.uid);
}

/// In the child, once the parent has written the maps.
Result<void> set_up_and_execute(Kernel& kernel, const UnshareRequest& request) {
  LXCX_CHECK(doing(become_user(kernel, request), "become user " + std::to_string(request.uid.value_or(0)) + " inside"));
  if (has(request, Namespace::mnt))
    LXCX_CHECK(kernel.mount(nullptr, "/", nullptr, MS_REC | (request.shares_mount_events ? MS_SLAVE : MS_PRIVATE), nullptr));
  if (request.remount) LXCX_CHECK(mount_anew(kernel));
  if (!request.hostname.empty()) LXCX_CHECK(kernel.sethostname(request.hostname));
  if (request.daemon) LXCX_CHECK(kernel.setsid());
  return execute_from_path(kernel, request.command);
}

Result<void> write_maps(Kernel& kernel, const UnshareRequest& request, pid_t child) {
  if (!has(request, Namespace::user)) return {};
  for (const bool is_group : {false, true}) {
    const std::string text = map_text(request.maps, is_group);
    if (text.empty()) continue;
    const std::string file = "/proc/" + std::to_string(child) + (is_group ? "/gid_map" : "/uid_map");
    // user_namespaces(7): whoever is not privileged may map his own id and no other.
    const bool is_own_alone = request.maps.size() == 1 && !is_group && request.maps[0].count == 1 && request.maps[0].outside == ::geteuid();
    LXCX_CHECK(::geteuid() == 0 || is_own_alone ? write_existing_file(kernel, AT_FDCWD, file.c_str(), text)
                                                : run_map_helper(kernel, is_group, child, text));
  }
  return {};
}

Result<void> prepare_child(Kernel& kernel, const UnshareRequest& request, pid_t child) {
  LXCX_CHECK(doing(write_maps(kernel, request, child), "map ids"));
  if (request.interfaces.empty()) return {};
  LXCX_TRY(netns, kernel.openat(AT_FDCWD, ("/proc/" + std::to_string(child) + "/ns/net").c_str(), O_RDONLY));
  for (const std::string& name : request.interfaces) LXCX_CHECK(move_interface(kernel, name, netns.get(), name));
  return {};
}

/// The parent's half, up to the program's end.
Result<int> follow_child(Kernel& kernel, const UnshareRequest& request, pid_t child, UniqueFd go, UniqueFd error_end) {
  // As system(3): what the terminal's keys mean is the program's business.
  LXCX_TRY(ignored, BlockedSignals::block({SIGINT, SIGQUIT}));
  if (const Result<void> prepared = prepare_child(kernel, request, child); !prepared) {
    go.reset();  // it ends without the word
    (void)kernel.wait_pid(child);
    return std::unexpected(prepared.error());
  }
  LXCX_CHECK(write_all(kernel, go.get(), "g"));
  LXCX_TRY(error, read_all(kernel, error_end.get(), largest_file));
  if (!error.empty()) {
    (void)kernel.wait_pid(child);
    return Failure(unpack_error(error));
  }
  if (request.daemon) return 0;
  LXCX_TRY(status, kernel.wait_pid(child));
  while (ignored.next() != 0) {
  }
  return status.as_shell();
}

}  // namespace

Result<int> run_unshared(Kernel& kernel, const UnshareRequest& request) {
  LXCX_TRY(go, kernel.pipe2(0));
  LXCX_TRY(errors, kernel.pipe2(0));
  clone_args arguments{};
  for (std::size_t at = 0; at < clone_bits.size(); ++at)
    if ((request.namespaces & (1U << at)) != 0) arguments.flags |= clone_bits[at];
  arguments.exit_signal = SIGCHLD;
  LXCX_TRY(child, doing(kernel.clone3(arguments), "make the namespaces"));
  if (child == 0) {
    go.second.reset();
    errors.first.reset();
    if (!request.daemon) (void)kernel.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    char word = 0;
    if (const Result<std::size_t> told = kernel.read(go.first.get(), &word, 1); !told || *told != 1) ::_exit(1);
    const Result<void> done = set_up_and_execute(kernel, request);
    (void)write_all(kernel, errors.second.get(), pack_error(done.error()));
    ::_exit(1);
  }
  go.first.reset();
  errors.second.reset();
  return follow_child(kernel, request, child, std::move(go.second), std::move(errors.first));
}

Result<std::vector<IdMapping>> all_subordinate_maps(Kernel& kernel) {
  const passwd* user = ::getpwuid(::getuid());
  const std::string name = user != nullptr ? user->pw_name : "";
  std::vector<IdMapping> maps;
  for (const bool is_group : {false, true}) {
    const char* file = is_group ? "/etc/subgid" : "/etc/subuid";
    const std::string text = read_file(kernel, AT_FDCWD, file, largest_file).value_or("");
    const std::vector<SubordinateIds> ids = subordinate_ids(text, name, ::getuid());
    if (ids.empty())
      return fail(Code::not_found, std::string(file) + " has no ids for " + (name.empty() ? std::to_string(::getuid()) : name),
                  "root can give some: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + name);
    std::uint32_t inside = 0;
    for (const SubordinateIds& range : ids) {
      maps.push_back({is_group, inside, range.first, range.count});
      inside += range.count;
    }
  }
  return maps;
}

Result<std::vector<IdMapping>> own_subordinate_maps(Kernel& kernel) {
  LXCX_TRY(maps, all_subordinate_maps(kernel));
  std::erase_if(maps, [](const IdMapping& map) { return map.inside != 0; });
  return maps;
}

}  // namespace lxcx::core
