// SPDX-License-Identifier: Apache-2.0
// The steps of the child, in order. Each function is in a file of this folder, named after its subject. There is no undo: what the child makes
// lives in its namespaces and goes with them.
#pragma once
#include <array>

#include "core/base/step.hpp"
#include "core/start/child/child.hpp"

namespace lxcx::core {

struct ChildContext {
  StartContext& start;
  Kernel& kernel;
  const ContainerConfig& config;
  UniqueFd sync;
  std::vector<UniqueFd> v1_tasks;
  SharedNamespaces shared;

  UniqueFd root;              ///< the container's root, mounted; all paths are walked from here
  UniqueFd dev;               ///< its /dev, when it is ours
  UniqueFd proc, sys;         ///< the procfs and sysfs mounted for it
  UniqueFd devpts;
  UniqueFd console;           ///< init's standard streams
  std::vector<std::string> tty_names;  ///< for container_ttys: "pts/0"
  bool has_own_root() const { return start.plugins.storage != nullptr; }
};

using ChildStep = Step<ChildContext>;

Result<void> die_with_parent(ChildContext&);
Result<void> join_cgroups(ChildContext&);
Result<void> join_shared_namespaces(ChildContext&);
Result<void> become_root(ChildContext&);
Result<void> unshare_late_namespaces(ChildContext&);
Result<void> make_mounts_private(ChildContext&);
Result<void> run_pre_mount_hooks(ChildContext&);
Result<void> mount_root(ChildContext&);
Result<void> set_hostname(ChildContext&);
Result<void> make_keyring(ChildContext&);
Result<void> mount_dev(ChildContext&);
Result<void> mount_proc_and_sys(ChildContext&);
Result<void> mount_entries(ChildContext&);
Result<void> mount_cgroups(ChildContext&);
Result<void> run_mount_hooks(ChildContext&);
Result<void> run_autodev_hooks(ChildContext&);
Result<void> make_devices(ChildContext&);
Result<void> make_boot_id(ChildContext&);
Result<void> mount_devpts(ChildContext&);
Result<void> make_terminals(ChildContext&);
Result<void> pivot_into_root(ChildContext&);
Result<void> report_ready(ChildContext&);
Result<void> write_sysctls(ChildContext&);
Result<void> set_personality(ChildContext&);
Result<void> take_scheduling_cookie(ChildContext&);
Result<void> drop_capabilities(ChildContext&);
Result<void> apply_policy(ChildContext&);
Result<void> run_start_hooks(ChildContext&);
Result<void> exec_init(ChildContext&);

inline constexpr std::array child_steps{
    ChildStep{"die with the parent", die_with_parent},
    ChildStep{"join the cgroups", join_cgroups},
    ChildStep{"join the shared namespaces", join_shared_namespaces},
    ChildStep{"become the container's root", become_root},
    ChildStep{"unshare the cgroup and time namespaces", unshare_late_namespaces},
    ChildStep{"make the mounts private", make_mounts_private},
    ChildStep{"run the pre-mount hooks", run_pre_mount_hooks},
    ChildStep{"mount the root file system", mount_root},
    ChildStep{"set the host name", set_hostname},
    ChildStep{"make a session keyring", make_keyring},
    ChildStep{"mount /dev", mount_dev},
    ChildStep{"mount /proc and /sys", mount_proc_and_sys},
    ChildStep{"mount the entries", mount_entries},
    ChildStep{"mount the cgroups", mount_cgroups},
    ChildStep{"run the mount hooks", run_mount_hooks},
    ChildStep{"run the autodev hooks", run_autodev_hooks},
    ChildStep{"make the devices", make_devices},
    ChildStep{"make a boot id", make_boot_id},
    ChildStep{"mount /dev/pts", mount_devpts},
    ChildStep{"make the terminals", make_terminals},
    ChildStep{"pivot into the root", pivot_into_root},
    ChildStep{"wait for the parent", report_ready},
    ChildStep{"write the sysctls", write_sysctls},
    ChildStep{"set the personality", set_personality},
    ChildStep{"take a scheduling cookie", take_scheduling_cookie},
    ChildStep{"drop capabilities", drop_capabilities},
    ChildStep{"apply the security policy", apply_policy},
    ChildStep{"run the start hooks", run_start_hooks},
    ChildStep{"execute init", exec_init},
};

/// The text an error and the plan show for a mount target.
std::string inside(std::string_view target);

/// Attaches a detached mount at a path of the container, which is opened beneath its root; the target must exist.
Result<void> attach_at(ChildContext& context, int mount_fd, const char* target);

}  // namespace lxcx::core
