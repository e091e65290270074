// SPDX-License-Identifier: Apache-2.0
// The apply functions of the key table that need more than a member to be set; by subject, one .cpp each.
#pragma once
#include "core/config/keys.hpp"

namespace lxcx::core {

// apply_system.cpp
void apply_arch(Draft&, const Assignment&);
void apply_hostname(Draft&, const Assignment&);
void apply_init_groups(Draft&, const Assignment&);
void apply_environment(Draft&, const Assignment&);
void apply_environment_runtime(Draft&, const Assignment&);
void apply_environment_hooks(Draft&, const Assignment&);
void apply_keyring_session(Draft&, const Assignment&);
void apply_monitor_death_signal(Draft&, const Assignment&);
void apply_monitor_unshare(Draft&, const Assignment&);
void apply_hook(Draft&, const Assignment&);
void apply_hook_version(Draft&, const Assignment&);
void apply_log_level(Draft&, const Assignment&);
void apply_log_syslog(Draft&, const Assignment&);

// apply_mounts.cpp
void apply_tty_dir(Draft&, const Assignment&);
void apply_autodev_size(Draft&, const Assignment&);
void apply_mount_fstab(Draft&, const Assignment&);
void apply_mount_entry(Draft&, const Assignment&);
void apply_mount_auto(Draft&, const Assignment&);
void apply_rootfs_path(Draft&, const Assignment&);
void apply_rootfs_options(Draft&, const Assignment&);

// apply_limits.cpp
void apply_cgroup_v1(Draft&, const Assignment&);
void apply_cgroup_v2(Draft&, const Assignment&);
void apply_cgroup_dir_inner(Draft&, const Assignment&);
void apply_prlimit(Draft&, const Assignment&);
void apply_sysctl(Draft&, const Assignment&);
void apply_proc(Draft&, const Assignment&);

// apply_isolation.cpp
void apply_cap_drop(Draft&, const Assignment&);
void apply_cap_keep(Draft&, const Assignment&);
void apply_namespace_clone(Draft&, const Assignment&);
void apply_namespace_keep(Draft&, const Assignment&);
void apply_namespace_share(Draft&, const Assignment&);
void apply_time_boot(Draft&, const Assignment&);
void apply_time_monotonic(Draft&, const Assignment&);
void apply_idmap(Draft&, const Assignment&);
void apply_plugin_text(Draft&, const Assignment&);
void apply_plugin_setting(Draft&, const Assignment&);
void apply_plugin_bool(Draft&, const Assignment&);
void apply_seccomp_proxy(Draft&, const Assignment&);

// apply_network.cpp
void apply_nic(Draft&, const Assignment&);
/// `lxc.net.N =`, `lxc.net.N.type =` or, without an index, `lxc.net =`.
void clear_nics(ContainerConfig&, std::optional<unsigned> index);

}  // namespace lxcx::core
