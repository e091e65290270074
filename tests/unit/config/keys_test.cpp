// SPDX-License-Identifier: Apache-2.0
#include "core/config/keys.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "core/config/reference.hpp"
#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;

TEST_CASE("the table knows every key of LXC 5", "[config][keys]") {
  // As lxc_get_config_items lists them, and the families.
  for (const char* key : {"lxc.arch",
                          "lxc.apparmor.profile",
                          "lxc.apparmor.allow_incomplete",
                          "lxc.apparmor.allow_nesting",
                          "lxc.apparmor.raw",
                          "lxc.autodev.tmpfs.size",
                          "lxc.autodev",
                          "lxc.cap.drop",
                          "lxc.cap.keep",
                          "lxc.cgroup2",
                          "lxc.cgroup.dir.monitor.pivot",
                          "lxc.cgroup.dir.monitor",
                          "lxc.cgroup.dir.container.inner",
                          "lxc.cgroup.dir.container",
                          "lxc.cgroup.dir",
                          "lxc.cgroup.relative",
                          "lxc.cgroup",
                          "lxc.console.buffer.size",
                          "lxc.console.logfile",
                          "lxc.console.path",
                          "lxc.console.rotate",
                          "lxc.console.size",
                          "lxc.sched.core",
                          "lxc.environment",
                          "lxc.ephemeral",
                          "lxc.execute.cmd",
                          "lxc.group",
                          "lxc.hook.autodev",
                          "lxc.hook.clone",
                          "lxc.hook.destroy",
                          "lxc.hook.mount",
                          "lxc.hook.post-stop",
                          "lxc.hook.pre-mount",
                          "lxc.hook.pre-start",
                          "lxc.hook.start",
                          "lxc.hook.start-host",
                          "lxc.hook.stop",
                          "lxc.hook.version",
                          "lxc.hook",
                          "lxc.idmap",
                          "lxc.include",
                          "lxc.init.cmd",
                          "lxc.init.gid",
                          "lxc.init.groups",
                          "lxc.init.uid",
                          "lxc.init.cwd",
                          "lxc.keyring.session",
                          "lxc.log.file",
                          "lxc.log.level",
                          "lxc.log.syslog",
                          "lxc.monitor.unshare",
                          "lxc.monitor.signal.pdeath",
                          "lxc.mount.auto",
                          "lxc.mount.entry",
                          "lxc.mount.fstab",
                          "lxc.namespace.clone",
                          "lxc.namespace.keep",
                          "lxc.namespace.share.net",
                          "lxc.time.offset.boot",
                          "lxc.time.offset.monotonic",
                          "lxc.net",
                          "lxc.net.0.type",
                          "lxc.no_new_privs",
                          "lxc.prlimit",
                          "lxc.prlimit.nofile",
                          "lxc.pty.max",
                          "lxc.rootfs.managed",
                          "lxc.rootfs.mount",
                          "lxc.rootfs.options",
                          "lxc.rootfs.path",
                          "lxc.seccomp.allow_nesting",
                          "lxc.seccomp.notify.cookie",
                          "lxc.seccomp.notify.proxy",
                          "lxc.seccomp.profile",
                          "lxc.selinux.context.keyring",
                          "lxc.selinux.context",
                          "lxc.signal.halt",
                          "lxc.signal.reboot",
                          "lxc.signal.stop",
                          "lxc.start.auto",
                          "lxc.start.delay",
                          "lxc.start.order",
                          "lxc.tty.dir",
                          "lxc.tty.max",
                          "lxc.uts.name",
                          "lxc.sysctl",
                          "lxc.sysctl.a",
                          "lxc.proc",
                          "lxc.proc.a",
                          "lxc.cgroup.a.b",
                          "lxc.cgroup2.a.b",
                          "lxc.environment.runtime",
                          "lxc.environment.hooks",
                          "lxcx.start.after",
                          "lxcx.start.requires",
                          "lxcx.start.ready",
                          "lxcx.start.ready.timeout",
                          "lxcx.storage.dir.sync",
                          "lxcx.network.veth.queue",
                          "lxcx.template.local.a",
                          "lxcx.security.landlock.a",
                          "lxcx.hook.audit.file"}) {
    CAPTURE(key);
    CHECK(find_key(key) != nullptr);
  }
  for (const char* key : {"", "lxc", "lxc.", "lxc.tty", "lxc.tty.maxx", "lxc.TTY.max", "lxc.nett.0.type", "tty.max", "lxcx.", "lxcx.nothing",
                          "lxcx.start.aftr", "lxcx.hoook.audit.file", "lxcx.netwrk.x"}) {
    CAPTURE(key);
    CHECK(find_key(key) == nullptr);
  }
}

TEST_CASE("a misspelt key of lxcx's own is no setting of a plugin, and the nearest is named", "[config][keys]") {
  CHECK(suggest_key("lxcx.start.aftr") == "lxcx.start.after");
  CHECK(suggest_key("lxcx.hoook.audit.file") == "lxcx.hook.audit.file");
  CHECK(suggest_key("lxcx.netwrk.x") == "lxcx.network.x");
  for (const char* line : {"lxcx.start.aftr = db", "lxcx.hoook.audit.file = /x", "lxcx.netwrk.x = 1", "lxcx.nothing = 1", "lxcx.hook.audit = 1",
                           "lxcx.hook.audit. = 1", "lxcx.hook..file = 1"}) {
    CAPTURE(line);
    CHECK(parse_config(line, "file", {}).has_errors());
  }
}

TEST_CASE("every row is complete", "[config][keys]") {
  std::set<std::string_view> names;
  for (const KeySpec& spec : key_table()) {
    CAPTURE(spec.name);
    CHECK(names.insert(spec.name).second);
    CHECK((spec.apply != nullptr) == (spec.form != Form::include && spec.form != Form::clears_group));
    CHECK_FALSE(spec.doc.empty());
    CHECK_FALSE(spec.type.empty());
    CHECK((spec.form != Form::clears_group || spec.group == std::string(spec.name) + "."));
    CHECK((spec.empty != Empty::clears_group || !spec.group.empty()));
    CHECK(find_key(spec.name) == &spec);
    if (!spec.old_name.empty()) CHECK(find_key(spec.old_name) == nullptr);
    if (!spec.old_name.empty()) CHECK(find_old_key(std::string(spec.old_name) + (spec.is_family() ? "x" : "")) == &spec);
  }
  CHECK(config_keys().size() == key_table().size() + nic_key_table().size());
}

TEST_CASE("a slip is answered with the key that was meant", "[config][keys]") {
  CHECK(suggest_key("lxc.utz.name") == "lxc.uts.name");
  CHECK(suggest_key("lxc.rootfs.paths") == "lxc.rootfs.path");
  CHECK(suggest_key("lxc.utsnam") == "lxc.uts.name");
  CHECK(suggest_key("lxc.prlimits.nofile") == "lxc.prlimit.nofile");
  CHECK(suggest_key("lxc.nets.0.link") == "lxc.net.0.link");
  CHECK(suggest_key("lxc.net.3.lnik") == "lxc.net.3.link");
  CHECK(suggest_key("lxc.something.else.entirely").empty());
}

TEST_CASE("docs/configuration.md is what the table says", "[config][keys]") {
  std::ifstream file(LXCX_SOURCE_DIR "/docs/configuration.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  INFO("write it anew: ninja configuration-docs");
  CHECK(text == configuration_reference());
}
