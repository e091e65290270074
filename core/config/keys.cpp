// SPDX-License-Identifier: Apache-2.0
#include "core/config/keys.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "core/config/apply.hpp"
#include "core/config/names.hpp"

namespace lxcx::core {
namespace {

using C = ContainerConfig;

template <std::string C::* member>
void text(Draft& draft, const Assignment& a) {
  draft.config.*member = a.value;
}

template <std::string C::* member>
void path(Draft& draft, const Assignment& a) {
  if (auto value = draft.take(parse_path(a.value))) draft.config.*member = std::move(*value);
}

template <std::string C::* member>
void relative_path(Draft& draft, const Assignment& a) {
  if (auto value = draft.take(parse_relative_path(a.value))) draft.config.*member = std::move(*value);
}

template <std::vector<std::string> C::* member>
void word_list(Draft& draft, const Assignment& a) {
  for (const std::string_view word : words(a.value)) (draft.config.*member).emplace_back(word);
}

template <bool C::* member>
void boolean(Draft& draft, const Assignment& a) {
  if (const auto value = draft.take(parse_bool(a.value))) draft.config.*member = *value;
}

template <auto member>
void number(Draft& draft, const Assignment& a) {
  using Number = std::remove_reference_t<decltype(draft.config.*member)>;
  static_assert(sizeof(Number) == 4);
  if constexpr (std::is_signed_v<Number>) {
    if (const auto value = draft.take(parse_signed(a.value, std::numeric_limits<Number>::min(), std::numeric_limits<Number>::max())))
      draft.config.*member = static_cast<Number>(*value);
  } else {
    if (const auto value = draft.take(parse_unsigned(a.value, std::numeric_limits<Number>::max())))
      draft.config.*member = static_cast<Number>(*value);
  }
}

template <std::uint64_t C::* member>
void buffer_size(Draft& draft, const Assignment& a) {
  if (const auto value = draft.take(parse_buffer_size(a.value))) draft.config.*member = *value;
}

template <int C::* member>
void signal_number(Draft& draft, const Assignment& a) {
  const Result<int> value = parse_signal(a.value);
  if (!value) return draft.reject(a.value, value.error().message, value.error().hint);
  draft.config.*member = *value;
}

using enum Form;
constexpr Empty unsets = Empty::unsets, zeroes = Empty::zeroes, refused = Empty::refused, clears_all = Empty::clears_group;

// In the order of the documentation. Columns: name, name before 2.1, form, `key =`, group, apply, type, default, what it does.
constexpr std::array table{
    KeySpec{"lxc.include", "", include, unsets, "", nullptr, "path", "",
            "Reads another file here; of a directory, all its *.conf files in the order of their names."},

    KeySpec{"lxc.arch", "", scalar, refused, "", apply_arch, "architecture", "the host's",
            "What uname -m says inside: a 32-bit or 64-bit personality."},
    KeySpec{"lxc.uts.name", "lxc.utsname", scalar, unsets, "", apply_hostname, "hostname", "", "Hostname, at most 64 bytes."},
    KeySpec{"lxc.init.cmd", "lxc.init_cmd", scalar, unsets, "", text<&C::init_command>, "command line", "/sbin/init",
            "The first program of a started container; split at blanks."},
    KeySpec{"lxc.init.cwd", "", scalar, unsets, "", path<&C::init_directory>, "path", "/", "Working directory of init, inside."},
    KeySpec{"lxc.init.uid", "lxc.init_uid", scalar, unsets, "", number<&C::init_uid>, "number", "0", "User of init, inside."},
    KeySpec{"lxc.init.gid", "lxc.init_gid", scalar, unsets, "", number<&C::init_gid>, "number", "0", "Group of init, inside."},
    KeySpec{"lxc.init.groups", "", list, unsets, "", apply_init_groups, "number[,number…]", "", "Supplementary groups of init."},
    KeySpec{"lxc.execute.cmd", "", scalar, unsets, "", text<&C::execute_command>, "command line", "", "What execute runs when no command is given."},
    KeySpec{"lxc.ephemeral", "", scalar, unsets, "", boolean<&C::ephemeral>, "0 or 1", "0", "Destroy the container when it stops."},
    KeySpec{"lxc.sched.core", "", scalar, unsets, "", boolean<&C::sched_core>, "0 or 1", "0", "A core-scheduling cookie of its own."},
    KeySpec{"lxc.environment", "", list, unsets, "", apply_environment, "NAME=value or NAME", "",
            "A variable for init and hooks; a bare NAME takes the host's value."},
    KeySpec{"lxc.environment.runtime", "", list, unsets, "", apply_environment_runtime, "NAME=value or NAME", "", "A variable for init only."},
    KeySpec{"lxc.environment.hooks", "", list, unsets, "", apply_environment_hooks, "NAME=value or NAME", "",
            "A variable for hooks on the host only."},
    KeySpec{"lxc.no_new_privs", "", scalar, unsets, "", boolean<&C::no_new_privs>, "0 or 1", "0",
            "No program inside gains privileges by being executed."},
    KeySpec{"lxc.keyring.session", "", scalar, unsets, "", apply_keyring_session, "0 or 1", "1",
            "1: a new session keyring. 0: the caller's. (LXC's code has the two the wrong way round; this is what its manual says.)"},

    KeySpec{"lxc.signal.halt", "lxc.haltsignal", scalar, unsets, "", signal_number<&C::halt_signal>, "signal", "SIGPWR, or as the init asks for it",
            "What asks init to shut down."},
    KeySpec{"lxc.signal.reboot", "lxc.rebootsignal", scalar, unsets, "", signal_number<&C::reboot_signal>, "signal", "SIGINT",
            "What asks init to reboot."},
    KeySpec{"lxc.signal.stop", "lxc.stopsignal", scalar, unsets, "", signal_number<&C::stop_signal>, "signal", "SIGKILL", "What ends init by force."},
    KeySpec{"lxc.start.auto", "", scalar, unsets, "", boolean<&C::autostart>, "0 or 1", "0", "Start at boot."},
    KeySpec{"lxc.start.delay", "", scalar, unsets, "", number<&C::start_delay_s>, "number", "0", "Seconds to wait after this one has started."},
    KeySpec{"lxc.start.order", "", scalar, unsets, "", number<&C::start_order>, "number", "0", "Lower ones start first."},
    KeySpec{"lxc.group", "", list, unsets, "", word_list<&C::groups>, "words", "", "Groups that autostart can choose by."},
    KeySpec{"lxcx.start.after", "", list, unsets, "", word_list<&C::start_after>, "words", "",
            "Containers that autostart begins before this one, and ends after it, if it is about them at all."},
    KeySpec{"lxcx.start.requires", "", list, unsets, "", word_list<&C::start_requires>, "words", "",
            "As lxcx.start.after; autostart starts them too, and this one only when they were started."},
    KeySpec{"lxcx.start.ready", "", scalar, unsets, "", text<&C::start_ready>, "command line", "",
            "A command for /bin/sh inside: autostart takes the container for started when it gives 0. Unset: as soon as it runs."},
    KeySpec{"lxcx.start.ready.timeout", "", scalar, unsets, "", number<&C::start_ready_timeout_s>, "number", "60",
            "Seconds until the container counts as failed."},
    KeySpec{"lxc.monitor.unshare", "", scalar, unsets, "", apply_monitor_unshare, "number", "0",
            "The monitor gets a mount namespace of its own before the pre-start hooks."},
    KeySpec{"lxc.monitor.signal.pdeath", "", scalar, zeroes, "", apply_monitor_death_signal, "signal or 0", "0",
            "What init gets when its monitor is killed; 0: it lives on. (LXC's default is SIGKILL.)"},

    KeySpec{"lxc.console.path", "lxc.console", scalar, unsets, "", path<&C::console_path>, "path or none", "",
            "The device or file that the console is relayed to; none: no console."},
    KeySpec{"lxc.console.logfile", "", scalar, unsets, "", path<&C::console_logfile>, "path", "", "Console output is appended to this file."},
    KeySpec{"lxc.console.rotate", "", scalar, unsets, "", boolean<&C::console_rotate>, "0 or 1", "0",
            "Keep the full log file as .1 and begin a new one."},
    KeySpec{"lxc.console.size", "", scalar, unsets, "", buffer_size<&C::console_log_size>, "size or auto", "0 (no limit)",
            "Largest size of the log file; rounded up to a power of two."},
    KeySpec{"lxc.console.buffer.size", "", scalar, unsets, "", buffer_size<&C::console_buffer_size>, "size or auto", "0 (off)",
            "Console output kept in memory; rounded up to a power of two."},
    KeySpec{"lxc.tty.max", "lxc.tty", scalar, unsets, "", number<&C::tty_max>, "number", "0", "How many /dev/ttyN there are."},
    KeySpec{"lxc.tty.dir", "lxc.devttydir", scalar, unsets, "", apply_tty_dir, "directory", "",
            "The directory below /dev that holds console and ttyN; links lead there."},
    KeySpec{"lxc.pty.max", "lxc.pts", scalar, unsets, "", number<&C::pty_max>, "number", "0", "How many pseudo terminals the container may open."},
    KeySpec{"lxc.autodev", "", scalar, zeroes, "", boolean<&C::autodev>, "0 or 1", "1", "A fresh /dev with the usual nodes."},
    KeySpec{"lxc.autodev.tmpfs.size", "", scalar, unsets, "", apply_autodev_size, "bytes", "500000", "Size of the file system at /dev."},

    KeySpec{"lxc.mount.fstab", "lxc.mount", scalar, unsets, "", apply_mount_fstab, "path", "", "A file of mount entries, in the format of fstab(5)."},
    KeySpec{"lxc.mount.entry", "", list, unsets, "", apply_mount_entry, "fstab(5) line", "",
            "A mount; the target is below the root file system. Options besides those of mount(8): create=dir, create=file, optional, relative, "
            "idmap=PATH."},
    KeySpec{"lxc.mount.auto", "", list, unsets, "", apply_mount_auto, "words", "",
            "Mounts every system wants: proc, sys, cgroup, cgroup-full, cgroup2, with :mixed, :ro, :rw, :force; shmounts:HOST[:CONTAINER], "
            "by which mounts made later below a shared directory of the host appear inside (/dev/.lxc-mounts)."},
    KeySpec{"lxc.rootfs.path", "lxc.rootfs", scalar, unsets, "", apply_rootfs_path, "[type:]path", "",
            "The root file system, and the storage plugin that attaches it. Without it, the host's."},
    KeySpec{"lxc.rootfs.mount", "", scalar, unsets, "", path<&C::rootfs_mount>, "path", "",
            "Where the root file system is mounted before it becomes the root."},
    KeySpec{"lxc.rootfs.options", "", scalar, unsets, "", apply_rootfs_options, "mount options", "",
            "Options of that mount; idmap=container or idmap=PATH maps its ids."},
    KeySpec{"lxc.rootfs.managed", "", scalar, unsets, "", boolean<&C::rootfs_managed>, "0 or 1", "1",
            "0: lxcx neither changes nor destroys the storage."},

    KeySpec{"lxc.cgroup.dir", "", scalar, unsets, "", relative_path<&C::cgroup_dir>, "relative path", "",
            "The cgroup below which this container's cgroups are made."},
    KeySpec{"lxc.cgroup.dir.container", "", scalar, unsets, "", relative_path<&C::cgroup_dir_container>, "relative path", "",
            "The container's cgroup itself, in place of lxc.payload.NAME."},
    KeySpec{"lxc.cgroup.dir.container.inner", "", scalar, unsets, "", apply_cgroup_dir_inner, "name", "",
            "One more level, in which the container runs; the limits stay on the outer one."},
    KeySpec{"lxc.cgroup.dir.monitor", "", scalar, unsets, "", relative_path<&C::cgroup_dir_monitor>, "relative path", "",
            "The monitor's cgroup itself; needs lxc.cgroup.dir.container."},
    KeySpec{"lxc.cgroup.dir.monitor.pivot", "", scalar, unsets, "", relative_path<&C::cgroup_dir_monitor_pivot>, "relative path", "",
            "Where the monitor goes at the end, so that the others can be removed."},
    KeySpec{"lxc.cgroup.relative", "", scalar, unsets, "", boolean<&C::cgroup_relative>, "0 or 1", "0", "Make the cgroups below the caller's own."},
    KeySpec{"lxc.cgroup", "", clears_group, clears_all, "lxc.cgroup.", nullptr, "nothing", "", "Empty, it clears all lxc.cgroup.CONTROLLER.FILE."},
    KeySpec{"lxc.cgroup.", "", list, unsets, "lxc.cgroup.", apply_cgroup_v1, "text", "",
            "lxc.cgroup.CONTROLLER.FILE: written to the file of the cgroup v1 hierarchy."},
    KeySpec{"lxc.cgroup2", "", clears_group, clears_all, "lxc.cgroup2.", nullptr, "nothing", "", "Empty, it clears all lxc.cgroup2.*."},
    KeySpec{"lxc.cgroup2.", "", list, unsets, "lxc.cgroup2.", apply_cgroup_v2, "text", "",
            "lxc.cgroup2.CONTROLLER.FILE: written to the file of the unified hierarchy; devices.allow and devices.deny become a BPF program."},

    KeySpec{"lxc.cap.drop", "", list, clears_all, "lxc.cap.", apply_cap_drop, "capabilities", "",
            "Capabilities that the container does not have. Empty, it clears lxc.cap.keep too."},
    KeySpec{"lxc.cap.keep", "", list, clears_all, "lxc.cap.", apply_cap_keep, "capabilities or none", "",
            "The only capabilities that it has. Excludes lxc.cap.drop."},

    KeySpec{"lxc.namespace.clone", "", list, unsets, "", apply_namespace_clone, "namespaces", "all that are needed",
            "The only namespaces that are new."},
    KeySpec{"lxc.namespace.keep", "", list, unsets, "", apply_namespace_keep, "namespaces", "",
            "Namespaces that are not new. Excludes lxc.namespace.clone."},
    KeySpec{"lxc.namespace.share.", "", scalar, unsets, "", apply_namespace_share, "pid, container or path", "",
            "lxc.namespace.share.NAMESPACE: join that one."},
    KeySpec{"lxc.time.offset.boot", "", list, unsets, "", apply_time_boot, "number and unit", "0",
            "Offset of CLOCK_BOOTTIME; h, m, s set its seconds, ms, us, ns its nanoseconds."},
    KeySpec{"lxc.time.offset.monotonic", "", list, unsets, "", apply_time_monotonic, "number and unit", "0", "Offset of CLOCK_MONOTONIC."},
    KeySpec{"lxc.idmap", "lxc.id_map", list, unsets, "", apply_idmap, "u|g inside outside range", "",
            "Maps ids, by a user namespace; with any map the container is unprivileged."},

    KeySpec{"lxc.prlimit", "lxc.limit", clears_group, clears_all, "lxc.prlimit.", nullptr, "nothing", "", "Empty, it clears all lxc.prlimit.*."},
    KeySpec{"lxc.prlimit.", "lxc.limit.", scalar, unsets, "lxc.prlimit.", apply_prlimit, "soft[:hard]", "",
            "lxc.prlimit.NAME: a resource limit of init, as in prlimit(1)."},
    KeySpec{"lxc.sysctl", "", clears_group, clears_all, "lxc.sysctl.", nullptr, "nothing", "", "Empty, it clears all lxc.sysctl.*."},
    KeySpec{"lxc.sysctl.", "", scalar, unsets, "lxc.sysctl.", apply_sysctl, "text", "",
            "lxc.sysctl.NAME: a kernel parameter, set in the container's namespaces."},
    KeySpec{"lxc.proc", "", clears_group, clears_all, "lxc.proc.", nullptr, "nothing", "", "Empty, it clears all lxc.proc.*."},
    KeySpec{"lxc.proc.", "", list, unsets, "lxc.proc.", apply_proc, "text", "", "lxc.proc.FILE: written to that file of init's /proc directory."},

    KeySpec{"lxc.apparmor.profile", "lxc.aa_profile", scalar, unsets, "", apply_plugin_text, "name", "",
            "The AppArmor profile of init; or unconfined, unchanged, generated."},
    KeySpec{"lxc.apparmor.allow_incomplete", "lxc.aa_allow_incomplete", scalar, unsets, "", apply_plugin_bool, "0 or 1", "0",
            "Start though the kernel's AppArmor cannot mediate mounts."},
    KeySpec{"lxc.apparmor.allow_nesting", "", scalar, unsets, "", apply_plugin_bool, "0 or 1", "0", "Let containers run inside."},
    KeySpec{"lxc.apparmor.raw", "", list, unsets, "", apply_plugin_text, "profile line", "", "A line for the generated profile."},
    KeySpec{"lxc.selinux.context", "lxc.se_context", scalar, unsets, "", apply_plugin_text, "label", "", "The SELinux context of init."},
    KeySpec{"lxc.selinux.context.keyring", "", scalar, unsets, "", apply_plugin_text, "label", "lxc.selinux.context",
            "The SELinux context of the session keyring."},
    KeySpec{"lxc.seccomp.profile", "lxc.seccomp", scalar, unsets, "", apply_plugin_text, "path", "", "A file of system calls to allow or deny."},
    KeySpec{"lxc.seccomp.allow_nesting", "", scalar, unsets, "", apply_plugin_bool, "0 or 1", "0",
            "Load the filter even when the caller is filtered already."},
    KeySpec{"lxc.seccomp.notify.proxy", "", scalar, unsets, "", apply_seccomp_proxy, "unix:PATH", "",
            "The socket of a program that decides about system calls."},
    KeySpec{"lxc.seccomp.notify.cookie", "", scalar, unsets, "", apply_plugin_text, "text", "", "Passed on to that program."},

    KeySpec{"lxc.hook", "", clears_group, clears_all, "lxc.hook.", nullptr, "nothing", "", "Empty, it clears the hooks of every type."},
    KeySpec{"lxc.hook.pre-start", "", list, unsets, "lxc.hook.", apply_hook, "command", "", "On the host, before anything is made."},
    KeySpec{"lxc.hook.pre-mount", "", list, unsets, "lxc.hook.", apply_hook, "command", "",
            "In the container's namespaces, before the root file system is mounted."},
    KeySpec{"lxc.hook.mount", "", list, unsets, "lxc.hook.", apply_hook, "command", "",
            "In the container's namespaces, after the mounts, before pivot_root."},
    KeySpec{"lxc.hook.autodev", "", list, unsets, "lxc.hook.", apply_hook, "command", "", "After mount, to add nodes to /dev."},
    KeySpec{"lxc.hook.start-host", "", list, unsets, "lxc.hook.", apply_hook, "command", "",
            "On the host, when the container is set up and before init runs."},
    KeySpec{"lxc.hook.start", "", list, unsets, "lxc.hook.", apply_hook, "command", "", "Inside, just before init runs."},
    KeySpec{"lxc.hook.stop", "", list, unsets, "lxc.hook.", apply_hook, "command", "",
            "On the host, when init has ended, with the namespaces still there."},
    KeySpec{"lxc.hook.post-stop", "", list, unsets, "lxc.hook.", apply_hook, "command", "", "On the host, when the container is gone."},
    KeySpec{"lxc.hook.clone", "", list, unsets, "lxc.hook.", apply_hook, "command", "", "On the host, for a new copy."},
    KeySpec{"lxc.hook.destroy", "", list, unsets, "lxc.hook.", apply_hook, "command", "", "On the host, when the container is destroyed."},
    KeySpec{"lxc.hook.version", "", scalar, unsets, "", apply_hook_version, "0 or 1", "0",
            "How hooks get what they need: as arguments (0) or in the environment (1)."},

    KeySpec{"lxc.log.level", "lxc.loglevel", scalar, unsets, "", apply_log_level, "0-8 or name", "ERROR",
            "What the log file takes: TRACE DEBUG INFO NOTICE WARN ERROR CRIT ALERT FATAL."},
    KeySpec{"lxc.log.file", "lxc.logfile", scalar, unsets, "", path<&C::log_file>, "path", "",
            "The log file; none for none. Unset: warnings and errors go to the default one, lxcx(1)."},
    KeySpec{"lxc.log.syslog", "lxc.syslog", scalar, unsets, "", apply_log_syslog, "daemon or localN", "", "Log to syslog too, with this facility."},

    KeySpec{"lxc.net", "lxc.network", clears_group, clears_all, "lxc.net.", nullptr, "nothing", "", "Empty, it removes all network devices."},
    KeySpec{"lxc.net.", "lxc.network.", list, unsets, "lxc.net.", apply_nic, "by sub-key", "",
            "lxc.net.N.SUB-KEY: network device N; sub-keys that are not listed here belong to its plugin."},
    // One row for each kind of plugin: another word there is a misspelt key.
    KeySpec{"lxcx.storage.", "", list, unsets, "", apply_plugin_setting, "by plugin", "",
            "lxcx.storage.NAME.SETTING: a setting of a storage plugin. LXC ignores these lines and those below."},
    KeySpec{"lxcx.network.", "", list, unsets, "", apply_plugin_setting, "by plugin", "", "lxcx.network.NAME.SETTING: of a network plugin."},
    KeySpec{"lxcx.template.", "", list, unsets, "", apply_plugin_setting, "by plugin", "", "lxcx.template.NAME.SETTING: of a template."},
    KeySpec{"lxcx.security.", "", list, unsets, "", apply_plugin_setting, "by plugin", "",
            "lxcx.security.NAME.SETTING: of a security plugin, which one of them loads."},
    KeySpec{"lxcx.hook.", "", list, unsets, "", apply_plugin_setting, "by plugin", "",
            "lxcx.hook.NAME.SETTING: of a hook plugin, which one of them loads."},
};

// Positions in `table`, ordered by name, made when this is compiled.
constexpr auto by_name = [] {
  std::array<unsigned char, table.size()> order{};
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<unsigned char>(i);
  std::ranges::sort(order, {}, [](unsigned char i) { return table[i].name; });
  return order;
}();
static_assert(table.size() <= std::numeric_limits<unsigned char>::max());
static_assert(std::ranges::adjacent_find(by_name, {}, [](unsigned char i) { return table[i].name; }) == by_name.end(), "a key has two rows");

constexpr auto families = [] {
  std::array<unsigned char, static_cast<std::size_t>(std::ranges::count_if(table, &KeySpec::is_family))> found{};
  std::size_t n = 0;
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].is_family()) found[n++] = static_cast<unsigned char>(i);
  return found;
}();

}  // namespace

std::span<const KeySpec> key_table() { return table; }

const KeySpec* find_key(std::string_view key) {
  const auto found = std::ranges::lower_bound(by_name, key, {}, [](unsigned char i) { return table[i].name; });
  if (found != by_name.end() && table[*found].name == key) return &table[*found];
  for (const unsigned char i : families)
    if (key.starts_with(table[i].name)) return &table[i];
  return nullptr;
}

const KeySpec* find_old_key(std::string_view key) {
  for (const KeySpec& spec : table) {
    if (spec.old_name.empty()) continue;
    if (spec.is_family() ? key.starts_with(spec.old_name) : key == spec.old_name) return &spec;
  }
  return nullptr;
}

bool stands_for(std::string_view asked, std::string_view key) {
  if (asked == key) return true;
  const KeySpec* spec = find_key(asked);
  const KeySpec* other = find_key(key);
  if (spec == nullptr || other == nullptr) return false;
  if (spec->form == Form::clears_group) return other->group == spec->group;
  if (asked == spec->name) return spec->is_family() && other == spec;
  const std::optional<NicKey> nic = split_nic_key(asked);
  return nic && nic->sub_key.empty() && split_nic_key(key).value_or(NicKey{nic->index + 1, {}}).index == nic->index;
}

}  // namespace lxcx::core
