// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <fcntl.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "core/base/text.hpp"
#include "core/kernel/files.hpp"
#include "core/kernel/safe_paths.hpp"
#include "core/start/calls.hpp"
#include "core/start/parent/steps.hpp"

namespace lxcx::core {

namespace {

struct Machine {
  std::uint16_t elf;
  std::string_view name;
  std::array<std::string_view, 3> runs_on;  ///< uname -m values
};
constexpr std::array machines{
    Machine{EM_X86_64, "x86_64", {"x86_64"}},    Machine{EM_386, "i386", {"x86_64", "i686", "i386"}},
    Machine{EM_AARCH64, "aarch64", {"aarch64"}}, Machine{EM_ARM, "arm", {"aarch64", "armv7l", "armv8l"}},
    Machine{EM_RISCV, "riscv", {"riscv64"}},     Machine{EM_PPC64, "ppc64", {"ppc64le", "ppc64"}},
    Machine{EM_S390, "s390", {"s390x"}},         Machine{EM_MIPS, "mips", {"mips64", "mips"}},
};

/// True when somebody (binfmt_misc, say qemu-user) may run foreign binaries.
bool has_foreign_interpreters(Kernel& kernel) {
  const Result<UniqueFd> directory = kernel.openat(AT_FDCWD, "/proc/sys/fs/binfmt_misc", O_RDONLY | O_DIRECTORY);
  if (!directory) return false;
  const Result<std::vector<std::string>> names = kernel.getdents(directory->get());
  return names && std::ranges::any_of(*names, [](const std::string& name) { return name.starts_with("qemu-"); });
}

Result<void> check_elf(StartContext& context, const std::string& path, const std::array<unsigned char, 20>& head) {
  const auto machine = static_cast<std::uint16_t>(head[18] | (head[19] << 8));
  const auto known = std::ranges::find(machines, machine, &Machine::elf);
  utsname host{};
  ::uname(&host);
  if (known == machines.end() || std::ranges::find(known->runs_on, std::string_view(host.machine)) != known->runs_on.end()) return {};
  if (has_foreign_interpreters(context.kernel)) return {};
  return fail(Code::unsupported, "the init program '" + path + "' is built for " + std::string(known->name) + ", this machine is " + host.machine,
              "use an image for this architecture, or install qemu-user-static with binfmt support");
}

/// "usr/bin/x" for "/bin/x" where bin is a link to usr/bin: the links of what is there followed inside the root, the rest as it is written.
/// Nothing where a link leads to what is not there.
std::optional<std::string> resolved(StartContext& context, const std::string& path) {
  const auto name_of = [&](int fd) { return context.kernel.readlinkat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(fd)).c_str()); };
  const Result<std::string> root = name_of(context.rootfs_mount.get());
  std::vector<std::string> there = split(path, '/'), missing;
  for (; !there.empty(); missing.insert(missing.begin(), there.back()), there.pop_back()) {
    const std::string prefix = join(there, "/");
    const Result<UniqueFd> place = open_beneath(context.kernel, context.rootfs_mount.get(), prefix.c_str(), O_PATH);
    if (!place) {
      if (open_beneath(context.kernel, context.rootfs_mount.get(), prefix.c_str(), O_PATH | O_NOFOLLOW)) return std::nullopt;
      continue;
    }
    const Result<std::string> name = name_of(place->get());
    if (!root || !name || !name->starts_with(*root)) return std::nullopt;
    there = split(std::string_view(*name).substr(root->size()), '/');
    break;
  }
  there.insert(there.end(), missing.begin(), missing.end());
  return join(there, "/");
}

/// Mounts or hooks may yet provide the program: then only the child can tell.
bool may_appear_later(StartContext& context, const std::string& program) {
  const bool is_plan = !context.run;  // of a start whose hooks have not run
  if (!context.config.fstab.empty() || has_listener(context, LXCX_EVENT_PRE_MOUNT) || has_listener(context, LXCX_EVENT_MOUNT) ||
      (is_plan && has_listener(context, LXCX_EVENT_PRE_START)))
    return true;
  if (context.config.mounts.empty()) return false;
  const std::optional<std::string> path = resolved(context, program);
  return !path || std::ranges::any_of(context.config.mounts, [&](const MountEntry& entry) {
    // An absolute target is the host's name of a place below the root.
    const std::optional<std::string> target = entry.target.starts_with('/') ? std::nullopt : resolved(context, entry.target);
    return !target || target->empty() || (*path + "/").starts_with(*target + "/");
  });
}

Result<void> inspect_init(StartContext& context, const std::string& path) {
  // Looked at before it is opened: a FIFO of the image's would wait for ever, and a device's driver would be the host's.
  Result<UniqueFd> place = open_beneath(context.kernel, context.rootfs_mount.get(), path.c_str(), O_PATH);
  if (!place) {
    // A link to an absolute path is followed inside; what stays missing is missing.
    if (may_appear_later(context, path)) return {};
    Error error{Code::not_found, place.error().sys_errno, "the root file system has no '" + path + "'", {}, {}, {}, {}};
    error.hint = "is the root file system complete? Name another program with lxc.init.cmd or after --";
    return std::unexpected(std::move(error));
  }
  LXCX_TRY(status, context.kernel.fstat(place->get()));
  if (!S_ISREG(status.st_mode) || (status.st_mode & 0111) == 0) {
    if (may_appear_later(context, path)) return {};
    return fail(Code::denied, "the init program '" + path + "' is no executable file", "make it executable, or name another with lxc.init.cmd");
  }
  LXCX_TRY(fd, context.kernel.openat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(place->get())).c_str(), O_RDONLY));
  std::array<unsigned char, 20> head{};
  LXCX_TRY(size, context.kernel.read(fd.get(), head.data(), head.size()));
  if (size < head.size() || std::memcmp(head.data(), ELFMAG, SELFMAG) != 0) return {};
  return check_elf(context, path, head);
}

}  // namespace

Result<void> attach_rootfs(StartContext& context) {
  if (context.plugins.storage == nullptr) return {};
  // A place of the configuration's own choice is there already: nothing of ours may stay on the host.
  if (context.config.rootfs_mount.empty()) {
    LXCX_CHECK(make_directories(context.kernel, context.rootfs_mount_point(), 0755));
  } else {
    const Result<UniqueFd> place = context.kernel.openat(AT_FDCWD, context.config.rootfs_mount.c_str(), O_PATH | O_DIRECTORY);
    if (!place)
      return fail_errno(place.error().sys_errno, "lxc.rootfs.mount: open '" + context.config.rootfs_mount + "'",
                        "make the directory, or leave the line out");
  }
  JournalScope records(context.journal, "storage");
  HostCall call(storage_call(context, &records));
  Call view = call.call();
  const std::string directory = context.paths.directory();
  Result<int> fd = context.plugins.storage->attach(view, volume(context, directory));
  if (!fd) {
    Error error = std::move(fd).error();
    if (!error.where) error.where = context.config.rootfs_where;
    error.context.push_back("storage plugin '" + context.plugins.storage_name + "'");
    return std::unexpected(std::move(error));
  }
  context.rootfs_mount.reset(*fd);
  context.rootfs_path = call.result("path");
  return {};
}

Result<void> detach_rootfs(StartContext& context) {
  context.rootfs_mount.reset();
  if (context.plugins.storage == nullptr) return {};
  JournalScope records(context.journal, "storage");
  HostCall call(storage_call(context, &records));
  Call view = call.call();
  const std::string directory = context.paths.directory();
  return context.plugins.storage->detach(view, volume(context, directory));
}

Result<void> check_init(StartContext& context) {
  context.init_command = context.request.command;
  if (context.init_command.empty())
    context.init_command = split_blanks(context.request.execute ? context.config.execute_command : context.config.init_command);
  if (context.init_command.empty() && context.request.execute)
    return fail(Code::usage, "no command to execute", "give one after --, or set lxc.execute.cmd");
  if (context.init_command.empty()) context.init_command = {"/sbin/init"};
  const std::string& program = context.init_command.front();
  if (!context.rootfs_mount || program.find('/') == std::string::npos) return {};
  return inspect_init(context, program);
}

}  // namespace lxcx::core
