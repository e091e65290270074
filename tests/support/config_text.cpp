// SPDX-License-Identifier: Apache-2.0
#include "tests/support/config_text.hpp"

#include <sstream>
#include <type_traits>

namespace lxcx::test {
namespace {

using namespace core;

class Writer {
 public:
  void member(const char* name, const auto& value) {
    out_ << name << '=';
    put(value);
    out_ << '\n';
  }
  std::string text() const { return out_.str(); }

 private:
  void put(const std::string& text) { out_ << text.size() << ':' << text << ' '; }
  void put(const Setting& setting) {
    put(setting.key);
    put(setting.value);
  }
  void put(const MountEntry& entry) {
    put(entry.source);
    put(entry.target);
    put(entry.type);
    put(entry.options);
  }
  void put(const NicConfig& nic) {
    put(nic.index);
    put(nic.type);
    put(nic.settings);
  }
  void put(const ContainerConfig::Rlimit& limit) {
    put(limit.name);
    put(limit.soft);
    put(limit.hard);
  }
  void put(const lxcx_idmap& map) { out_ << map.kind << ' ' << map.container_id << ' ' << map.host_id << ' ' << map.range << ' '; }
  template <class T>
    requires std::is_arithmetic_v<T>
  void put(T number) {
    out_ << +number << ' ';
  }
  template <class T>
  void put(const std::optional<T>& value) {
    out_ << (value ? "set " : "unset ");
    if (value) put(*value);
  }
  template <class A, class B>
  void put(const std::pair<A, B>& pair) {
    put(pair.first);
    put(pair.second);
  }
  template <class T>
    requires requires(const T& list) { list.begin(); }
  void put(const T& list) {
    out_ << '[';
    for (const auto& item : list) put(item);
    out_ << ']';
  }

  std::ostringstream out_;
};

void write_init(Writer& to, const ContainerConfig& c) {
  to.member("personality", c.personality);
  to.member("hostname", c.hostname);
  to.member("init_command", c.init_command);
  to.member("execute_command", c.execute_command);
  to.member("init_directory", c.init_directory);
  to.member("init_uid", c.init_uid);
  to.member("init_gid", c.init_gid);
  to.member("init_groups", c.init_groups);
  to.member("ephemeral", c.ephemeral);
  to.member("sched_core", c.sched_core);
  to.member("no_new_privs", c.no_new_privs);
  to.member("keep_keyring", c.keep_keyring);
  to.member("environment", c.environment);
  to.member("environment_runtime", c.environment_runtime);
  to.member("environment_hooks", c.environment_hooks);
  to.member("halt_signal", c.halt_signal);
  to.member("reboot_signal", c.reboot_signal);
  to.member("stop_signal", c.stop_signal);
  to.member("autostart", c.autostart);
  to.member("start_delay_s", c.start_delay_s);
  to.member("start_order", c.start_order);
  to.member("groups", c.groups);
  to.member("monitor_unshare", c.monitor_unshare);
  to.member("monitor_death_signal", c.monitor_death_signal);
}

void write_devices_and_mounts(Writer& to, const ContainerConfig& c) {
  to.member("console_path", c.console_path);
  to.member("console_logfile", c.console_logfile);
  to.member("console_rotate", c.console_rotate);
  to.member("console_log_size", c.console_log_size);
  to.member("console_buffer_size", c.console_buffer_size);
  to.member("tty_max", c.tty_max);
  to.member("tty_directory", c.tty_directory);
  to.member("pty_max", c.pty_max);
  to.member("autodev", c.autodev);
  to.member("autodev_size", c.autodev_size);
  to.member("rootfs", c.rootfs);
  to.member("rootfs_mount", c.rootfs_mount);
  to.member("rootfs_options", c.rootfs_options);
  to.member("rootfs_managed", c.rootfs_managed);
  to.member("mounts", c.mounts);
  to.member("fstab", c.fstab);
  to.member("auto.proc", c.auto_mounts.proc);
  to.member("auto.sys", c.auto_mounts.sys);
  to.member("auto.cgroup", c.auto_mounts.cgroup);
  to.member("auto.cgroup_full", c.auto_mounts.cgroup_full);
  to.member("auto.cgroup2", c.auto_mounts.cgroup2);
  to.member("auto.cgroup_force", c.auto_mounts.cgroup_force);
  to.member("auto.shmounts_host", c.auto_mounts.shmounts_host);
  to.member("auto.shmounts_container", c.auto_mounts.shmounts_container);
}

void write_isolation(Writer& to, const ContainerConfig& c) {
  to.member("cgroup_v1", c.cgroup_v1);
  to.member("cgroup_v2", c.cgroup_v2);
  to.member("cgroup_dir", c.cgroup_dir);
  to.member("cgroup_dir_container", c.cgroup_dir_container);
  to.member("cgroup_dir_monitor", c.cgroup_dir_monitor);
  to.member("cgroup_dir_monitor_pivot", c.cgroup_dir_monitor_pivot);
  to.member("cgroup_dir_container_inner", c.cgroup_dir_container_inner);
  to.member("cgroup_relative", c.cgroup_relative);
  to.member("cap_drop", c.cap_drop);
  to.member("cap_keep", c.cap_keep);
  to.member("namespaces_clone", c.namespaces_clone);
  to.member("namespaces_keep", c.namespaces_keep);
  to.member("namespaces_share", c.namespaces_share);
  to.member("idmap", c.idmap);
  to.member("boottime_offset_s", c.boottime_offset_s);
  to.member("boottime_offset_ns", c.boottime_offset_ns);
  to.member("monotonic_offset_s", c.monotonic_offset_s);
  to.member("monotonic_offset_ns", c.monotonic_offset_ns);
  to.member("rlimits", c.rlimits);
  to.member("sysctls", c.sysctls);
  to.member("proc_writes", c.proc_writes);
}

}  // namespace

std::string describe(const ContainerConfig& config) {
  Writer to;
  write_init(to, config);
  write_devices_and_mounts(to, config);
  write_isolation(to, config);
  to.member("nics", config.nics);
  to.member("hooks", config.hooks.by_type);
  to.member("hooks.version", config.hooks.version);
  to.member("log_file", config.log_file);
  to.member("log_level", config.log_level);
  to.member("log_syslog", config.log_syslog);
  to.member("plugin_settings", config.plugin_settings);
  to.member("settings", config.settings);
  return to.text();
}

}  // namespace lxcx::test
