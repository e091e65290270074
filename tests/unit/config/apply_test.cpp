// SPDX-License-Identifier: Apache-2.0
// Each key's value and what becomes of it.
#include <signal.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "core/base/log.hpp"
#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;
using test::errors;
using test::good;
using test::parse;

TEST_CASE("every scalar key sets its member, and its empty form goes back to the default", "[config][apply]") {
  struct Row {
    const char *key, *value;
    bool (*holds)(const ContainerConfig&);
  };
  using C = const ContainerConfig&;
  const Row row = GENERATE(values<Row>({
      {"lxc.uts.name", "web", [](C c) { return c.hostname == "web"; }},
      {"lxc.init.cmd", "/bin/sh -c true", [](C c) { return c.init_command == "/bin/sh -c true"; }},
      {"lxc.init.cwd", "/srv//x/", [](C c) { return c.init_directory == "/srv/x"; }},
      {"lxc.init.uid", "1000", [](C c) { return c.init_uid == 1000; }},
      {"lxc.init.gid", "4294967295", [](C c) { return c.init_gid == 4294967295U; }},
      {"lxc.execute.cmd", "true", [](C c) { return c.execute_command == "true"; }},
      {"lxc.ephemeral", "1", [](C c) { return c.ephemeral; }},
      {"lxc.sched.core", "1", [](C c) { return c.sched_core; }},
      {"lxc.no_new_privs", "1", [](C c) { return c.no_new_privs; }},
      {"lxc.keyring.session", "0", [](C c) { return c.keep_keyring; }},
      {"lxc.signal.halt", "SIGRTMIN+4", [](C c) { return c.halt_signal == SIGRTMIN + 4; }},
      {"lxc.signal.reboot", "SIGINT", [](C c) { return c.reboot_signal == SIGINT; }},
      {"lxc.signal.stop", "15", [](C c) { return c.stop_signal == SIGTERM; }},
      {"lxc.start.auto", "1", [](C c) { return c.autostart; }},
      {"lxc.start.delay", "5", [](C c) { return c.start_delay_s == 5; }},
      {"lxc.start.order", "-5", [](C c) { return c.start_order == -5; }},
      {"lxcx.start.after", "a b", [](C c) { return c.start_after == std::vector<std::string>{"a", "b"}; }},
      {"lxcx.start.requires", "a", [](C c) { return c.start_requires == std::vector<std::string>{"a"}; }},
      {"lxcx.start.ready", "test -e /x", [](C c) { return c.start_ready == "test -e /x"; }},
      {"lxcx.start.ready.timeout", "9", [](C c) { return c.start_ready_timeout_s == 9; }},
      {"lxc.monitor.unshare", "1", [](C c) { return c.monitor_unshare; }},
      {"lxc.console.path", "none", [](C c) { return c.console_path == "none"; }},
      {"lxc.console.logfile", "/l", [](C c) { return c.console_logfile == "/l"; }},
      {"lxc.console.rotate", "1", [](C c) { return c.console_rotate; }},
      {"lxc.console.size", "auto", [](C c) { return c.console_log_size == 131072; }},
      {"lxc.console.buffer.size", "200000", [](C c) { return c.console_buffer_size == 262144; }},
      {"lxc.tty.max", "4", [](C c) { return c.tty_max == 4; }},
      {"lxc.tty.dir", "lxc", [](C c) { return c.tty_directory == "lxc"; }},
      {"lxc.pty.max", "1024", [](C c) { return c.pty_max == 1024; }},
      {"lxc.autodev.tmpfs.size", "700000", [](C c) { return c.autodev_size == 700000; }},
      {"lxc.mount.fstab", "/f", [](C c) { return c.fstab == "/f" && c.fstab_where.line == 1; }},
      {"lxc.rootfs.path", "overlay:/a:/b", [](C c) { return c.rootfs == "overlay:/a:/b" && c.rootfs_where.column == 19; }},
      {"lxc.rootfs.mount", "/m", [](C c) { return c.rootfs_mount == "/m"; }},
      {"lxc.rootfs.options", "ro,noatime", [](C c) { return c.rootfs_options == "ro,noatime"; }},
      {"lxc.rootfs.managed", "0", [](C c) { return !c.rootfs_managed; }},
      {"lxc.cgroup.dir", "a/b", [](C c) { return c.cgroup_dir == "a/b"; }},
      {"lxc.cgroup.dir.container.inner", "in", [](C c) { return c.cgroup_dir_container_inner == "in"; }},
      {"lxc.cgroup.dir.monitor.pivot", "p", [](C c) { return c.cgroup_dir_monitor_pivot == "p"; }},
      {"lxc.cgroup.relative", "1", [](C c) { return c.cgroup_relative; }},
      {"lxc.hook.version", "1", [](C c) { return c.hooks.version == 1; }},
      {"lxc.log.file", "/l", [](C c) { return c.log_file == "/l"; }},
      {"lxc.log.level", "Debug", [](C c) { return c.log_level == static_cast<int>(Level::debug); }},
      {"lxc.log.syslog", "local3", [](C c) { return c.log_syslog == "local3"; }},
  }));
  CAPTURE(row.key, row.value);
  const std::string line = std::string(row.key) + " = " + row.value + "\n";
  CHECK(row.holds(good(line)));
  CHECK_FALSE(row.holds(good("")));
  CHECK_FALSE(row.holds(good(line + row.key + " =\n")));
  CHECK(config_values(good(line), row.key) == std::vector<std::string>{row.value});
  CHECK(config_values(good(line + row.key + " =\n"), row.key).empty());
}

TEST_CASE("a value that is not of its key's type is an error at the value", "[config][apply]") {
  const std::string line = GENERATE(values<std::string>({
      "lxc.ephemeral = yes",
      "lxc.ephemeral = 2",
      "lxc.no_new_privs = -1",
      "lxc.start.order = x",
      "lxc.start.delay = -1",
      "lxcx.start.ready.timeout = soon",
      "lxc.init.uid = 4294967296",
      "lxc.init.uid = root",
      "lxc.init.uid = -1",
      "lxc.init.groups = 1 2",
      "lxc.arch = pdp11",
      "lxc.signal.halt = HUP",
      "lxc.console.size = 4KiB",
      "lxc.console.buffer.size = lots",
      "lxc.tty.max = 4294967296",
      "lxc.tty.max = -1",
      "lxc.tty.dir = ../x",
      "lxc.tty.dir = /dev/lxc",
      "lxc.autodev = 2",
      "lxc.autodev.tmpfs.size = -5",
      "lxc.keyring.session = 2",
      "lxc.monitor.unshare = x",
      "lxc.hook.version = 2",
      "lxc.log.level = 9",
      "lxc.log.level = loud",
      "lxc.log.level = NOTSET",
      "lxc.log.syslog = local8",
      "lxc.log.syslog = user",
      "lxc.environment = =x",
      "lxc.environment = NOT_SET_ON_THIS_HOST",
      "lxc.rootfs.managed = 3",
      "lxc.rootfs.options = ro,create=dir",
      "lxc.rootfs.options = optional",
      "lxc.rootfs.options = relative,ro",
      "lxc.cgroup.dir = /abs",
      "lxc.cgroup.dir = a/../b",
      "lxc.cgroup.dir.container.inner = a/b",
      "lxc.cgroup.dir.container.inner = ..",
      "lxc.seccomp.notify.proxy = tcp:1",
      "lxc.seccomp.allow_nesting = 2",
      "lxc.apparmor.allow_nesting = x",
      "lxc.hook = x",
      "lxc.prlimit = x",
      "lxc.cgroup = x",
      "lxc.cgroup2 = x",
      "lxc.sysctl = x",
      "lxc.proc = x",
      "lxc.net = x",
  }));
  CAPTURE(line);
  const ParsedConfig parsed = parse(line);
  REQUIRE(errors(parsed).size() == 1);
  const Diagnostic& diagnostic = parsed.diagnostics[0];
  CHECK(diagnostic.where.line == 1);
  CHECK(diagnostic.where.column > line.find('='));
  CHECK(diagnostic.source_line == line);
  CHECK(parsed.config.settings.empty());
}

TEST_CASE("lxc.arch has to say something", "[config][apply]") {
  CHECK(good("lxc.arch = i686").personality == PER_LINUX32);
  CHECK(good("lxc.arch = linux64").personality == PER_LINUX);
  CHECK(errors(parse("lxc.arch =")) == std::vector<std::string>{"1:1 lxc.arch needs a value"});
  CHECK(parse("lxc.arch = x86-64").diagnostics[0].hint == "did you mean x86_64?");
}

TEST_CASE("hostnames have at most 64 bytes", "[config][apply]") {
  CHECK(good("lxc.uts.name = " + std::string(64, 'a')).hostname.size() == 64);
  CHECK(parse("lxc.uts.name = " + std::string(65, 'a')).has_errors());
}

TEST_CASE("lxc.autodev and lxc.monitor.signal.pdeath become 0 when they are empty", "[config][apply]") {
  CHECK(good("").autodev);
  CHECK_FALSE(good("lxc.autodev =").autodev);
  CHECK(good("lxc.autodev =\nlxc.autodev = 1").autodev);
  CHECK_FALSE(good("").monitor_death_signal);
  CHECK(good("lxc.monitor.signal.pdeath =").monitor_death_signal == 0);
  CHECK(good("lxc.monitor.signal.pdeath = SIGKILL").monitor_death_signal == SIGKILL);
}

TEST_CASE("an unreadable size of /dev is what LXC makes of it, and said", "[config][apply]") {
  const ParsedConfig parsed = parse("lxc.autodev.tmpfs.size = 1MB");
  CHECK(parsed.config.autodev_size == 500000);
  CHECK(test::warnings(parsed).size() == 1);
}

TEST_CASE("a new session keyring is the default, as the manual has it", "[config][apply]") {
  CHECK_FALSE(good("").keep_keyring);
  CHECK_FALSE(good("lxc.keyring.session = 1").keep_keyring);
  CHECK(good("lxc.keyring.session = 0").keep_keyring);
  CHECK_FALSE(good("lxc.keyring.session = 0\nlxc.keyring.session =").keep_keyring);
}

TEST_CASE("environment variables keep their order; a bare name takes the host's value", "[config][apply]") {
  const ContainerConfig config = good(
      "lxc.environment = A=1\nlxc.environment = TERM\nlxc.environment = A=2 = 3\nlxc.environment = E=\n"
      "lxc.environment.runtime = R=1\nlxc.environment.hooks = H=1\n");
  REQUIRE(config.environment.size() == 4);
  CHECK(config.environment[1].key == "TERM");
  CHECK(config.environment[1].value == "xterm");
  CHECK(config.environment[2].value == "2 = 3");
  CHECK(config.environment[3].value.empty());
  CHECK(config.environment_runtime[0].key == "R");
  CHECK(config.environment_hooks[0].key == "H");
  CHECK(config_values(config, "lxc.environment")[1] == "TERM=xterm");
}

TEST_CASE("capabilities: one list, dropped or kept", "[config][apply]") {
  CHECK(good("lxc.cap.drop = sys_time 21\nlxc.cap.drop = sys_time").cap_drop == std::vector<int>{25, 21});
  CHECK_FALSE(good("").cap_keep);
  CHECK(good("lxc.cap.keep = none").cap_keep == std::vector<int>{});
  CHECK(good("lxc.cap.keep = chown none kill\nlxc.cap.keep = 40").cap_keep == std::vector<int>{5, 40});
  CHECK(good("lxc.cap.keep = chown\nlxc.cap.drop =\nlxc.cap.drop = kill").cap_drop == std::vector<int>{5});
  CHECK_FALSE(good("lxc.cap.keep = chown\nlxc.cap.drop =").cap_keep);
  CHECK(parse("lxc.cap.drop = none").has_errors());
  CHECK(parse("lxc.cap.drop = 64").has_errors());
  CHECK(parse("lxc.cap.drop = CAP_SYS_TIME").diagnostics[0].hint == "did you mean sys_time?");
  CHECK(errors(parse("lxc.cap.drop = bad chown worse")).size() == 2);
  CHECK(errors(parse("lxc.cap.drop = chown # only this")).size() == 1);
}

TEST_CASE("keys that exclude each other are refused, in either order", "[config][apply]") {
  const std::string text = GENERATE(values<std::string>({
      "lxc.cap.drop = chown\nlxc.cap.keep = kill",
      "lxc.cap.keep = kill\nlxc.cap.drop = chown",
      "lxc.cap.drop = chown\nlxc.cap.keep = none",
      "lxc.namespace.clone = net\nlxc.namespace.keep = user",
      "lxc.namespace.keep = user\nlxc.namespace.clone = net",
      "lxc.cgroup.dir.monitor = a",
      "lxc.cgroup.dir.container = a\nlxc.cgroup.dir.monitor = b\nlxc.cgroup.dir = c",
      "lxc.idmap = u 0 100000 10\nlxc.idmap = u 5 200000 10",
      "lxc.idmap = u 0 100000 10\nlxc.idmap = u 10 100009 1",
  }));
  CAPTURE(text);
  CHECK(errors(parse(text)).size() == 1);
}

TEST_CASE("namespaces add up; shared ones are known by either name of mnt", "[config][apply]") {
  CHECK(good("lxc.namespace.clone = net\nlxc.namespace.clone = mount user").namespaces_clone ==
        (namespace_bit(Namespace::net) | namespace_bit(Namespace::mnt) | namespace_bit(Namespace::user)));
  CHECK(good("lxc.namespace.keep = time\nlxc.namespace.keep =").namespaces_keep == 0);
  const auto shared = [](const ContainerConfig& config) { return config.namespaces_share[static_cast<std::size_t>(Namespace::mnt)].value; };
  CHECK(shared(good("lxc.namespace.share.mnt = other")) == "other");
  CHECK(shared(good("lxc.namespace.share.mnt = other\nlxc.namespace.share.mount = 12")) == "12");
  CHECK(shared(good("lxc.namespace.share.mnt = other\nlxc.namespace.share.mount =")).empty());
  CHECK(parse("lxc.namespace.share.nut = 1").has_errors());
  CHECK(parse("lxc.namespace.clone = nut").has_errors());
}

TEST_CASE("clock offsets: one part from h, m, s, the other from ms, us, ns", "[config][apply]") {
  struct Row {
    const char* text;
    std::int64_t seconds, nanoseconds;
  };
  const Row row = GENERATE(values<Row>({{"lxc.time.offset.boot = 2h", 7200, 0},
                                        {"lxc.time.offset.boot = -3 m", -180, 0},
                                        {"lxc.time.offset.boot = 10s", 10, 0},
                                        {"lxc.time.offset.boot = 10s\nlxc.time.offset.boot = 5us", 10, 5000},
                                        {"lxc.time.offset.boot = 1500ms", 1, 500000000},
                                        {"lxc.time.offset.boot = -1ns", -1, 999999999},
                                        {"lxc.time.offset.boot = 5s\nlxc.time.offset.boot =", 0, 0}}));
  CAPTURE(row.text);
  const ContainerConfig config = good(row.text);
  CHECK(config.boottime_offset_s == row.seconds);
  CHECK(config.boottime_offset_ns == row.nanoseconds);
  CHECK(good("lxc.time.offset.monotonic = 1m").monotonic_offset_s == 60);
  for (const char* bad : {"5", "s", "5 d", "5ss", "--5s", "5.5s", "9223372036854775807h", "99999999999999999999s"}) {
    CAPTURE(bad);
    CHECK(errors(parse(std::string("lxc.time.offset.boot = ") + bad)).size() == 1);
  }
}

TEST_CASE("id maps are four fields that the kernel would take", "[config][apply]") {
  const ContainerConfig config = good("lxc.idmap = u 0 100000 65536\nlxc.idmap = g  0\t100000 65536");
  REQUIRE(config.idmap.size() == 2);
  CHECK(config.idmap[1].kind == 'g');
  CHECK(config.idmap[1].host_id == 100000);
  CHECK_FALSE(config.is_privileged());
  CHECK(good("lxc.idmap = u 0 100000 65536\nlxc.idmap =").is_privileged());
  CHECK(good("lxc.idmap = u 0 0 4294967295").idmap[0].range == 4294967295U);
  for (const char* bad :
       {"b 0 0 1", "u 0 0", "u 0 0 1 x", "u 0 0 0", "u -1 0 1", "u 0 4294967295 1", "u 4294967295 0 1", "u 0 0 4294967296", "u:0:0:1"}) {
    CAPTURE(bad);
    CHECK(errors(parse(std::string("lxc.idmap = ") + bad)).size() == 1);
  }
}

TEST_CASE("limits: soft and hard, one for each name", "[config][apply]") {
  const ContainerConfig config = good("lxc.prlimit.nofile = 100\nlxc.prlimit.core = 0:unlimited\nlxc.prlimit.nofile = 10 : 20\n");
  REQUIRE(config.rlimits.size() == 2);
  CHECK(config.rlimits[0].name == "core");
  CHECK(config.rlimits[0].hard == RLIM_INFINITY);
  CHECK(config.rlimits[1].soft == 10);
  CHECK(config.rlimits[1].hard == 20);
  CHECK(good("lxc.prlimit.nofile = 1\nlxc.prlimit.nofile =").rlimits.empty());
  CHECK(good("lxc.prlimit.nofile = 1\nlxc.prlimit.core = 1\nlxc.prlimit =").rlimits.empty());
  for (const char* bad : {"lxc.prlimit.files = 1", "lxc.prlimit.nofile = 2:1", "lxc.prlimit.nofile = x",
                          "lxc.prlimit.nofile = 1:", "lxc.prlimit.nofile = unlimited:1"}) {
    CAPTURE(bad);
    CHECK(errors(parse(bad)).size() == 1);
  }
}

TEST_CASE("names that become files cannot leave their directory", "[config][apply]") {
  for (const char* bad : {"lxc.proc.../x = 1", "lxc.proc./etc/x = 1", "lxc.sysctl.net..x = 1", "lxc.sysctl./etc = 1", "lxc.cgroup2.../x = 1",
                          "lxc.cgroup.a/b = 1", "lxc.cgroup2... = 1", "lxc.proc.a b = 1", "lxc.sysctl. = 1", "lxc.cgroup2. = 1", "lxc.cgroup2. ="}) {
    CAPTURE(bad);
    CHECK(errors(parse(bad)).size() == 1);
  }
  CHECK(good("lxc.sysctl.net/ipv4/conf/eth0.1/forwarding = 1").sysctls.size() == 1);
  CHECK(good("lxc.proc.attr/current = x").proc_writes[0].key == "attr/current");
}

TEST_CASE("automatic mounts: each token replaces those of its kind", "[config][apply]") {
  const AutoMounts mounts = good("lxc.mount.auto = proc sys:rw cgroup:mixed\nlxc.mount.auto = sys").auto_mounts;
  CHECK(mounts.proc == "mixed");
  CHECK(mounts.sys == "mixed");
  CHECK(mounts.cgroup == "mixed");
  CHECK_FALSE(mounts.cgroup_force);
  const AutoMounts full = good("lxc.mount.auto = cgroup:rw:force cgroup-full:ro").auto_mounts;
  CHECK(full.cgroup.empty());
  CHECK(full.cgroup_full == "ro");
  CHECK_FALSE(full.cgroup_force);
  CHECK(good("lxc.mount.auto = cgroup").auto_mounts.cgroup == "default");
  CHECK(good("lxc.mount.auto = cgroup:force").auto_mounts.cgroup_force);
  CHECK(good("lxc.mount.auto = cgroup2:ro:force").auto_mounts.cgroup2 == "ro");
  CHECK(good("lxc.mount.auto = proc\nlxc.mount.auto =").auto_mounts.proc.empty());
  CHECK(good("lxc.mount.auto = shmounts:/h").auto_mounts.shmounts_container == "/dev/.lxc-mounts");
  CHECK(good("lxc.mount.auto = shmounts:/h:/c").auto_mounts.shmounts_container == "/c");
  for (const char* bad : {"proc:ro", "proc:", "sys:full", "cgroup:", "cgroup:rw:", "cgroup::force", "proc:rw:force", "cgroup2:mixed", "shmounts",
                          "shmounts:", "shmounts::/c", "dev"}) {
    CAPTURE(bad);
    CHECK(errors(parse(std::string("lxc.mount.auto = ") + bad)).size() == 1);
  }
}

TEST_CASE("hooks run in the order of the file; an empty one clears its type, lxc.hook clears all", "[config][apply]") {
  const std::string text = "lxc.hook.start = a\nlxc.hook.start = b\nlxc.hook.stop = c\nlxc.hook.version = 1\n";
  const ContainerConfig config = good(text);
  CHECK(config.hooks.by_type.at("start")[1].value == "b");
  CHECK(config.hooks.by_type.at("start")[1].where.line == 2);
  CHECK(good(text + "lxc.hook.start =").hooks.by_type.count("start") == 0);
  CHECK(good(text + "lxc.hook.start =").hooks.by_type.count("stop") == 1);
  CHECK(good(text + "lxc.hook =").hooks.by_type.empty());
  CHECK(good(text + "lxc.hook =").hooks.version == 1);
  CHECK(parse("lxc.hook.pre-strat = x").diagnostics[0].hint == "did you mean lxc.hook.pre-start?");
}

TEST_CASE("a later line counts only if what came before was not cleared after it", "[config][apply]") {
  CHECK(good("lxc.cgroup.devices.deny = a\nlxc.cgroup.devices.deny =\nlxc.cgroup.devices.deny = b").cgroup_v1[0].value == "b");
  CHECK(good("lxc.cgroup.devices.deny = a\nlxc.cgroup.memory.limit = 1\nlxc.cgroup.relative = 1\nlxc.cgroup =").cgroup_v1.empty());
  CHECK(good("lxc.cgroup.relative = 1\nlxc.cgroup =").cgroup_relative);
  CHECK(good("lxc.cgroup2.a.b = 1\nlxc.cgroup =").cgroup_v2.size() == 1);
  CHECK(good("lxc.sysctl.a.b = 1\nlxc.sysctl.a.b = 2").sysctls.size() == 1);
  CHECK(good("lxc.proc.x = 1\nlxc.proc.x = 2").proc_writes.size() == 2);
  CHECK(good("lxc.group = a b\nlxc.group = c").groups == std::vector<std::string>{"a", "b", "c"});
  CHECK(good("lxc.init.groups = 1, 2\nlxc.init.groups = 3").init_groups == std::vector<gid_t>{1, 2, 3});
  CHECK(good("lxc.mount.fstab = /f\nlxc.mount.fstab =").fstab.empty());
}

TEST_CASE("a bad value is an error even when a later line replaces it", "[config][apply]") {
  CHECK(parse("lxc.tty.max = x\nlxc.tty.max = 4").has_errors());
}

TEST_CASE("settings of plugins keep their whole keys", "[config][apply]") {
  const ContainerConfig config =
      good("lxc.seccomp.profile = /p\nlxcx.hook.audit.file = /a\nlxcx.hook.audit.file = /b\nlxc.apparmor.profile = x\nlxc.apparmor.profile = y\n");
  CHECK(config.settings_with_prefix("lxcx.hook.").size() == 2);
  CHECK(config.settings_with_prefix("lxc.apparmor.profile").size() == 1);
  CHECK(config.settings_with_prefix("lxc.apparmor.profile")[0].value == "y");
  CHECK(config.settings_with_prefix("lxc.seccomp.")[0].where.line == 1);
}

TEST_CASE("what LXC takes in a looser form is taken too", "[config]") {
  CHECK(good("lxc.init.groups = 1,,2,").init_groups == std::vector<gid_t>{1, 2});
  CHECK(good("lxc.log.syslog = LOCAL3").log_syslog == "local3");
  CHECK(good("lxc.time.offset.boot = +5 h").boottime_offset_s == 5 * 3600);
  const ContainerConfig limits = good("lxc.prlimit.nofile = 10:-1");
  REQUIRE(limits.rlimits.size() == 1);
  CHECK(limits.rlimits[0].soft == 10);
  CHECK(limits.rlimits[0].hard == RLIM_INFINITY);
}
