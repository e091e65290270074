// SPDX-License-Identifier: Apache-2.0
#include "core/doctor/checkconfig.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "core/base/text.hpp"
#include "core/doctor/kernel_config.hpp"
#include "core/kernel/files.hpp"

namespace lxcx::core {
namespace {

using FeatureState = KernelFeature::State;

constexpr std::size_t largest_proc_file = std::size_t{16} << 20;

struct Row {
  const char* section = "";
  const char* name = "";    ///< empty: the option itself
  const char* option = "";  ///< empty: found by looking
  bool is_required = false;
  const char* module = "";
};

// In the order, and by the names, that lxc-checkconfig has them.
constexpr std::array rows{
    Row{"Namespaces", "Namespaces", "CONFIG_NAMESPACES", true},
    Row{"Namespaces", "Utsname namespace", "CONFIG_UTS_NS"},
    Row{"Namespaces", "Ipc namespace", "CONFIG_IPC_NS", true},
    Row{"Namespaces", "Pid namespace", "CONFIG_PID_NS", true},
    Row{"Namespaces", "User namespace", "CONFIG_USER_NS"},
    Row{"Namespaces", "Network namespace", "CONFIG_NET_NS"},
    Row{"Control groups", "Cgroups", "CONFIG_CGROUPS"},
    Row{"Control groups", "Cgroup namespace", ""},
    Row{"Control groups", "Cgroup device", "CONFIG_CGROUP_DEVICE"},
    Row{"Control groups", "Cgroup sched", "CONFIG_CGROUP_SCHED"},
    Row{"Control groups", "Cgroup cpu account", "CONFIG_CGROUP_CPUACCT"},
    Row{"Control groups", "Cgroup memory controller", "CONFIG_MEMCG"},
    Row{"Control groups", "Cgroup cpuset", "CONFIG_CPUSETS"},
    Row{"Misc", "Veth pair device", "CONFIG_VETH", false, "veth"},
    Row{"Misc", "Macvlan", "CONFIG_MACVLAN", false, "macvlan"},
    Row{"Misc", "Vlan", "CONFIG_VLAN_8021Q", false, "8021q"},
    Row{"Misc", "Bridges", "CONFIG_BRIDGE", false, "bridge"},
    Row{"Misc", "Advanced netfilter", "CONFIG_NETFILTER_ADVANCED", false, "nf_tables"},
    Row{"Misc", "", "CONFIG_IP_NF_TARGET_MASQUERADE", false, "nf_nat_masquerade_ipv4"},
    Row{"Misc", "", "CONFIG_IP6_NF_TARGET_MASQUERADE", false, "nf_nat_masquerade_ipv6"},
    Row{"Misc", "", "CONFIG_NETFILTER_XT_TARGET_CHECKSUM", false, "xt_CHECKSUM"},
    Row{"Misc", "", "CONFIG_NETFILTER_XT_MATCH_COMMENT", false, "xt_comment"},
    Row{"Misc", "FUSE (for use with lxcfs)", "CONFIG_FUSE_FS", false, "fuse"},
    Row{"Checkpoint/Restore", "checkpoint restore", "CONFIG_CHECKPOINT_RESTORE"},
    Row{"Checkpoint/Restore", "", "CONFIG_FHANDLE"},
    Row{"Checkpoint/Restore", "", "CONFIG_EVENTFD"},
    Row{"Checkpoint/Restore", "", "CONFIG_EPOLL"},
    Row{"Checkpoint/Restore", "", "CONFIG_UNIX_DIAG"},
    Row{"Checkpoint/Restore", "", "CONFIG_INET_DIAG"},
    Row{"Checkpoint/Restore", "", "CONFIG_PACKET_DIAG"},
    Row{"Checkpoint/Restore", "", "CONFIG_NETLINK_DIAG"},
    Row{"Checkpoint/Restore", "File capabilities", ""},
};

bool exists(Kernel& kernel, const std::string& path) { return kernel.faccessat(AT_FDCWD, path.c_str(), F_OK, 0).has_value(); }

FeatureState state_of(Kernel& kernel, const KernelConfig& config, const Row& row) {
  const std::string_view option = row.option;
  bool is_there = false;
  if (std::string_view(row.name) == "Cgroup namespace")
    is_there = exists(kernel, "/proc/self/ns/cgroup");
  else if (option.empty())
    is_there = true;  // file capabilities cannot be left out since Linux 2.6.33
  else
    is_there = config.has(option);
  if (is_there) return FeatureState::enabled;
  return row.is_required ? FeatureState::required : FeatureState::missing;
}

/// Nothing where the kernel has no modules.
std::optional<bool> is_loaded(const Result<std::string>& modules, std::string_view module) {
  if (!modules || module.empty()) return std::nullopt;
  return ("\n" + *modules).find("\n" + std::string(module) + " ") != std::string::npos;
}

void read_cgroup_mounts(Kernel& kernel, KernelCheck& check) {
  const std::string mounts = read_file(kernel, AT_FDCWD, "/proc/self/mounts", largest_proc_file).value_or("");
  for (const std::string& line : split(mounts, '\n')) {
    const std::vector<std::string> fields = split(line, ' ');
    if (fields.size() < 3) continue;
    if (fields[2] == "cgroup") check.cgroup_v1_mounts.push_back(fields[1]);
    if (fields[2] == "cgroup2") check.cgroup_v2_mounts.push_back(fields[1]);
  }
}

/// What only the v1 hierarchies have, unless the machine is all v2.
void add_v1_features(Kernel& kernel, KernelCheck& check) {
  if (check.cgroup_v2_mounts == std::vector<std::string>{"/sys/fs/cgroup"}) return;
  const auto has_mount = [&](std::string_view ending) {
    for (const std::string& mount : check.cgroup_v1_mounts)
      if (mount.ends_with(ending)) return true;
    return false;
  };
  const auto add = [&](const char* name, FeatureState state) { check.features.push_back({"Control groups", name, "", state, std::nullopt}); };
  if (!has_mount("/systemd")) add("Cgroup v1 systemd controller", FeatureState::missing);
  if (!has_mount("/freezer")) add("Cgroup v1 freezer controller", FeatureState::missing);
  if (!check.cgroup_v1_mounts.empty() && exists(kernel, check.cgroup_v1_mounts.front() + "/cgroup.clone_children"))
    add("Cgroup v1 clone_children flag", FeatureState::enabled);
}

}  // namespace

std::string find_program(Kernel& kernel, const std::string& name) {
  const char* path = ::secure_getenv("PATH");
  for (const std::string& directory : split(std::string(path != nullptr ? path : "") + ":/usr/sbin:/usr/bin:/sbin:/bin", ':')) {
    std::string program = directory + "/" + name;
    if (program.starts_with('/') && kernel.faccessat(AT_FDCWD, program.c_str(), X_OK, 0)) return program;
  }
  return {};
}

std::string helper_problem(Kernel& kernel, const std::string& name, std::string* path) {
  const std::string program = find_program(kernel, name);
  if (path != nullptr) *path = program;
  if (program.empty()) return name + " is not installed";
  const Result<struct stat> status = kernel.fstatat(AT_FDCWD, program.c_str(), 0);
  if (status && (status->st_mode & S_ISUID) != 0) return {};
  // Some distributions give it a file capability instead.
  const Result<UniqueFd> file = kernel.openat(AT_FDCWD, program.c_str(), O_RDONLY);
  if (file && kernel.fgetxattr(file->get(), "security.capability")) return {};
  return "Warning: " + name + " is not setuid-root";
}

Result<KernelCheck> check_kernel_config(Kernel& kernel, const std::string& file) {
  LXCX_TRY(config, find_kernel_config(kernel, file));
  KernelCheck check;
  check.file = config.file;
  read_cgroup_mounts(kernel, check);
  const Result<std::string> modules = read_file(kernel, AT_FDCWD, "/proc/modules", largest_proc_file);
  for (const Row& row : rows) {
    const std::string_view option = row.option;
    if (option == "CONFIG_CPUSETS" && !config.has("CONFIG_SMP")) continue;
    if (option == "CONFIG_CGROUP_DEVICE") add_v1_features(kernel, check);
    const FeatureState state = state_of(kernel, config, row);
    const std::optional<bool> loaded = state == FeatureState::enabled ? is_loaded(modules, row.module) : std::nullopt;
    check.features.push_back({row.section, *row.name != '\0' ? row.name : row.option, row.option, state, loaded});
  }
  if (!config.has("CONFIG_USER_NS")) return check;
  for (const char* helper : {"newuidmap", "newgidmap"})
    if (std::string problem = helper_problem(kernel, helper); !problem.empty()) check.warnings.push_back(std::move(problem));
  return check;
}

}  // namespace lxcx::core
