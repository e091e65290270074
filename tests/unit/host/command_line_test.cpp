// SPDX-License-Identifier: Apache-2.0
// The command line contract: what each verb makes of its options, and how it says no.
#include <sched.h>
#include <sys/personality.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "run_lxcx.hpp"

namespace lxcx::host {
namespace {

using core::State;
using Words = std::vector<std::string>;

TEST_CASE("a name may stand behind -n or by itself, before or after the verb", "[host]") {
  for (const Words& words : {Words{"freeze", "web"}, Words{"freeze", "-n", "web"}, Words{"freeze", "--name=web"}, Words{"-n", "web", "freeze"},
                             Words{"-nweb", "freeze"}, Words{"freeze", "-nweb"}, Words{"-qn", "web", "freeze"}}) {
    core::FakeWorld& world = new_world();
    world.error = Error{.code = Code::not_running, .message = "asked"};
    CHECK(run_lxcx(words).status == 11);
    CHECK(world.frozen == true);
  }
}

TEST_CASE("global options work on both sides of the verb", "[host]") {
  for (const Words& words : {Words{"-P", "/srv/c/", "--storage", "dir", "--net=none", "stop", "web"},
                             Words{"stop", "web", "-P/srv/c/", "--storage=dir", "--net", "none"}}) {
    core::FakeWorld& world = new_world();
    CHECK(run_lxcx(words).status == 0);
    REQUIRE(world.options);
    CHECK(world.options->lxcpath == "/srv/c");
    CHECK(world.options->selection.storage == "dir");
    CHECK(world.options->selection.network == "none");
    CHECK(world.stopped->name == "web");
  }
}

TEST_CASE("relative directories are made absolute, and repeated to the teardown", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"--plugin-dir", "mine", "--plugin-dir=/other", "-P", "here", "stop", "web"}).status == 0);
  const auto& options = *world.options;
  REQUIRE(options.registry.extra_directories.size() == 2);
  CHECK(options.registry.extra_directories[0].starts_with('/'));
  CHECK(options.registry.extra_directories[0].ends_with("/mine"));
  CHECK(options.registry.extra_directories[1] == "/other");
  CHECK(options.lxcpath.ends_with("/here"));
  CHECK(options.teardown_options ==
        Words{"--lxcpath=" + options.lxcpath, "--plugin-dir=" + options.registry.extra_directories[0], "--plugin-dir=/other"});
}

TEST_CASE("LXCX_PLUGIN_PATH comes after --plugin-dir", "[host]") {
  core::FakeWorld& world = new_world();
  ::setenv("LXCX_PLUGIN_PATH", "/a:/b", 1);
  CHECK(run_lxcx({"--plugin-dir=/first", "ls"}).status == 0);
  ::unsetenv("LXCX_PLUGIN_PATH");
  CHECK(world.options->registry.extra_directories == Words{"/first", "/a", "/b"});
}

TEST_CASE("what follows -- belongs to the program", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"start", "web", "-F", "--", "/bin/ls", "-l", "--help", "-n", "other"}).status == 0);
  CHECK(world.started->name == "web");
  CHECK(world.started->command == Words{"/bin/ls", "-l", "--help", "-n", "other"});
  CHECK(world.started->foreground);

  CHECK(run_lxcx({"attach", "web", "ls"}).status == 0);
  CHECK(world.attached->options.command == Words{"ls"});
  CHECK(run_lxcx({"attach", "-n", "web", "ls", "--", "-l"}).status == 0);
  CHECK(world.attached->options.command == Words{"ls", "-l"});
}

TEST_CASE("start reads LXC's options", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"start", "-d", "-f", "/c", "-c", "/dev/tty9", "-L", "/log", "-C", "-p", "/pid", "-s", "lxc.uts.name = x", "-s", "a=b=c",
                  "--share-net", "other", "web"})
            .status == 0);
  const core::StartRequest& request = *world.started;
  CHECK(request.config_file == "/c");
  CHECK(request.console_path == "/dev/tty9");
  CHECK(request.console_log == "/log");
  CHECK(request.pid_file == "/pid");
  CHECK(request.close_inherited_fds);
  CHECK_FALSE(request.foreground);
  CHECK(request.overrides == core::Overrides{{"lxc.uts.name", "x"}, {"a", "b=c"}, {"lxc.namespace.share.net", "other"}});
  CHECK(run_lxcx({"start", "-d", "-F", "web"}).status == 2);
  CHECK(run_lxcx({"start", "-s", "nonsense", "web"}).status == 2);
}

TEST_CASE("a foreground start, execute and attach end with the program's status", "[host]") {
  core::FakeWorld& world = new_world();
  world.start_outcome.exit_status = 42;
  world.attach_status = 137;
  CHECK(run_lxcx({"start", "-F", "web"}).status == 42);
  CHECK(run_lxcx({"start", "web"}).status == 0);
  CHECK(run_lxcx({"execute", "web", "--", "false"}).status == 42);
  CHECK(world.started->execute);
  CHECK(world.started->foreground);
  CHECK(run_lxcx({"execute", "-d", "-u", "7", "-g", "8", "web", "--", "false"}).status == 0);
  CHECK(world.started->overrides == core::Overrides{{"lxc.init.uid", "7"}, {"lxc.init.gid", "8"}});
  CHECK(run_lxcx({"attach", "web", "--", "x"}).status == 137);
}

TEST_CASE("create reads LXC's options", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"create", "-t", "busybox", "-B", "lvm,dir", "-f", "/c", "--fssize", "2G", "--fstype=ext4", "--vgname", "vg", "-q", "web", "--",
                  "-r", "x"})
            .status == 0);
  const core::CreateRequest& request = *world.created;
  CHECK(request.name == "web");
  CHECK(request.template_ == "busybox");
  CHECK(request.storage == Words{"lvm", "dir"});
  CHECK(request.config_file == "/c");
  CHECK(request.size_bytes == 2ULL << 30);
  CHECK(request.storage_settings == core::Overrides{{"fstype", "ext4"}, {"vgname", "vg"}});
  CHECK(request.template_args == Words{"-r", "x"});
  CHECK(request.quiet);
  CHECK(run_lxcx({"create", "--fssize", "64", "-t", "none", "web"}).status == 0);
  CHECK(world.created->size_bytes == 64ULL << 20);
  for (const char* size : {"", "0", "-1", "1X", "M", "99999999999T", "1.5G"})
    CHECK(run_lxcx({"create", std::string("--fssize"), size, "-t", "none", "web"}).status == 2);
  CHECK(run_lxcx({"create", "web"}).status == 2);
  CHECK(run_lxcx({"create", "-t", "none", "--dir", "here", "web"}).status == 2);
  CHECK(run_lxcx({"create", "-t", "none", "web", "extra"}).status == 2);
}

TEST_CASE("create --help shows the template's options too", "[host]") {
  new_world();
  const Ran ran = run_lxcx({"create", "-t", "busybox", "--help"});
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, Catch::Contains("--bdev") && Catch::Contains("--suite=NAME   of busybox"));
}

TEST_CASE("stop reads LXC's options and refuses what contradicts itself", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"stop", "web"}).status == 0);
  CHECK(world.stopped->timeout_s == 60);
  CHECK(run_lxcx({"stop", "-r", "-W", "-t", "-1", "web"}).status == 0);
  CHECK(world.stopped->reboot);
  CHECK(world.stopped->no_wait);
  CHECK(world.stopped->timeout_s == -1);
  CHECK(run_lxcx({"stop", "-k", "--nolock", "web"}).status == 0);
  CHECK(world.stopped->kill);
  for (const Words& words :
       {Words{"-k", "-r"}, Words{"-k", "-t", "3"}, Words{"-k", "--nokill"}, Words{"--nolock"}, Words{"-t", "-2"}, Words{"-t", "soon"}}) {
    Words all{"stop", "web"};
    all.insert(all.end(), words.begin(), words.end());
    CHECK(run_lxcx(all).status == 2);
  }
}

TEST_CASE("attach reads LXC's options", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"attach", "--clear-env", "--keep-var", "TERM", "-v", "A=b=c", "-u", "1", "-g", "2", "-a", "i686", "-L", "/log", "-R", "web"})
            .status == 0);
  const core::EnterOptions& enter = world.attached->options;
  CHECK(enter.clear_environment);
  CHECK(enter.keep == Words{"TERM"});
  CHECK(enter.set == Words{"A=b=c"});
  CHECK(enter.uid == 1U);
  CHECK(enter.gid == 2U);
  CHECK(enter.personality == static_cast<unsigned long>(PER_LINUX32));
  CHECK(enter.pty_log == "/log");
  CHECK(enter.remount_sys_proc);
  CHECK_FALSE(enter.namespaces);
  CHECK_FALSE(enter.elevate_lsm);
  CHECK(run_lxcx({"attach", "-a", "vax", "web"}).status == 2);
  CHECK(run_lxcx({"attach", "-v", "A", "web"}).status == 2);
  CHECK(run_lxcx({"attach", "-u", "-1", "web"}).status == 2);
  CHECK(run_lxcx({"attach", "--clear-env", "--keep-env", "web"}).status == 2);
}

TEST_CASE("attach -e takes its value adjacent only, and -s implies it", "[host]") {
  core::FakeWorld& world = new_world();
  const auto elevated = [&] {
    const core::EnterOptions& enter = world.attached->options;
    return std::string(enter.elevate_capabilities ? "cap " : "") + (enter.elevate_cgroup ? "cgroup " : "") + (enter.elevate_lsm ? "lsm" : "");
  };
  CHECK(run_lxcx({"attach", "-e", "web"}).status == 0);
  CHECK(world.attached->name == "web");
  CHECK(elevated() == "cap cgroup lsm");
  for (const char* word : {"-eLSM", "-e=lsm", "--elevated-privileges=LSM"}) {
    CHECK(run_lxcx({"attach", word, "web"}).status == 0);
    CHECK(elevated() == "lsm");
  }
  CHECK(run_lxcx({"attach", "-Re", "web"}).status == 0);
  CHECK(elevated() == "cap cgroup lsm");
  CHECK(world.attached->name == "web");
  CHECK(run_lxcx({"attach", "-e=CAP|CGROUP", "web"}).status == 0);
  CHECK(elevated() == "cap cgroup ");
  CHECK(run_lxcx({"attach", "-e=ROOT", "web"}).status == 2);
  CHECK(run_lxcx({"attach", "-s", "MOUNT|net|Uts", "web"}).status == 0);
  CHECK(elevated() == "cap cgroup lsm");
  CHECK(world.attached->options.namespaces ==
        (core::namespace_bit(core::Namespace::mnt) | core::namespace_bit(core::Namespace::net) | core::namespace_bit(core::Namespace::uts)));
  CHECK(run_lxcx({"attach", "-s", "MOUNT|SPACE", "web"}).status == 2);
}

TEST_CASE("console reads the terminal and the escape", "[host]") {
  core::FakeWorld& world = new_world();
  const Ran ran = run_lxcx({"console", "-t", "3", "-e", "^x", "web"});
  CHECK(ran.status == 0);
  CHECK(ran.out.empty());
  CHECK_THAT(ran.err, Catch::Contains("tty3") && Catch::Contains("Ctrl-x q"));
  CHECK(world.connected->tty == 3);
  CHECK(world.connected->escape_prefix == 24);
  CHECK(run_lxcx({"console", "web"}).status == 0);
  CHECK(world.connected->tty == -1);
  CHECK(world.connected->escape_prefix == 1);
  CHECK(run_lxcx({"console", "-e", "^1", "web"}).status == 2);
  CHECK(run_lxcx({"console", "-t", "x", "web"}).status == 2);
}

TEST_CASE("wait wants a state, ends with 0 when it is reached and 12 when not", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"wait", "-s", "STOPPED|frozen", "web"}).status == 0);
  CHECK(world.waited_for == std::vector{State::stopped, State::frozen});
  CHECK(world.waited_s == -1);
  world.reached = false;
  CHECK(run_lxcx({"wait", "-s", "RUNNING", "-t", "0", "web"}).status == 12);
  CHECK(run_lxcx({"wait", "web"}).status == 2);
  CHECK(run_lxcx({"wait", "-s", "ASLEEP", "web"}).status == 2);
  CHECK(run_lxcx({"wait", "-s", "|", "web"}).status == 2);
}

TEST_CASE("cgroup reads a file or writes one value", "[host]") {
  core::FakeWorld& world = new_world();
  world.cgroup_value = "17\n";
  CHECK(run_lxcx({"cgroup", "web", "memory.max"}).out == "17\n");
  CHECK(world.cgroup_file == "memory.max");
  CHECK(run_lxcx({"cgroup", "-n", "web", "memory.limit_in_bytes", "--", "-1"}).status == 0);
  CHECK(world.cgroup_file == "memory.limit_in_bytes");
  CHECK(world.cgroup_value == "-1");
  CHECK(run_lxcx({"cgroup", "web"}).status == 2);
  const Ran two = run_lxcx({"cgroup", "web", "devices.allow", "c", "1:3"});
  CHECK(two.status == 2);
  CHECK_THAT(two.err, Catch::Contains("quote"));
  CHECK_THAT(run_lxcx({"cgroup", "web", "pids.max", "-1"}).err, Catch::Contains("stands after --"));
}

TEST_CASE("device adds and removes, by default under the same name", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"device", "-n", "web", "--", "add", "/dev/fuse"}).status == 0);
  CHECK(world.added->name == "web");
  CHECK(world.added->device == "/dev/fuse");
  CHECK(world.added->place == "/dev/fuse");
  CHECK(run_lxcx({"device", "web", "del", "lan0", "eth1"}).status == 0);
  CHECK(world.removed->device == "lan0");
  CHECK(world.removed->place == "eth1");
  for (const Words& bad :
       {Words{"device", "web"}, Words{"device", "web", "add"}, Words{"device", "web", "mv", "a"}, Words{"device", "web", "add", "a", "b", "c"}})
    CHECK(run_lxcx(bad).status == 2);
}

TEST_CASE("rename takes the old and the new name", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"rename", "web", "shop"}).status == 0);
  CHECK(world.renamed == std::pair<std::string, std::string>("web", "shop"));
  CHECK(run_lxcx({"rename", "web"}).status == 2);
  CHECK(run_lxcx({"rename", "web", "a", "b"}).status == 2);
}

TEST_CASE("copy takes the new name in either way, and what follows -- is the hooks'", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"copy", "-s", "-K", "-B", "overlay", "web", "shop", "--", "a", "-b"}).status == 0);
  REQUIRE(world.copied);
  CHECK(world.copied->name == "web");
  CHECK(world.copied->new_name == "shop");
  CHECK(world.copied->new_lxcpath.empty());
  CHECK(world.copied->request.snapshot);
  CHECK(world.copied->request.keep_name);
  CHECK_FALSE(world.copied->request.keep_mac);
  CHECK(world.copied->request.storage == "overlay");
  CHECK(world.copied->request.hook_args == Words{"a", "-b"});
  CHECK(run_lxcx({"copy", "-n", "web", "-N", "shop", "-p", "/srv", "-M"}).status == 0);
  CHECK(world.copied->new_lxcpath == "/srv");
  CHECK(world.copied->request.keep_mac);
  CHECK_FALSE(world.copied->request.snapshot);
  CHECK(run_lxcx({"copy", "-R", "web", "shop"}).status == 0);
  CHECK(world.renamed == std::pair<std::string, std::string>("web", "shop"));
  for (const Words& bad : {Words{"copy", "web"}, Words{"copy", "web", "a", "b"}, Words{"copy", "-N", "a", "web", "b"},
                           Words{"copy", "-R", "-s", "web", "a"}, Words{"copy", "-R", "web", "a", "--", "b"}})
    CHECK(run_lxcx(bad).status == 2);
}

TEST_CASE("top draws LXC's columns, as wide as they are, and sorts by keys", "[host]") {
  core::FakeWorld& world = new_world();
  world.usage = {
      {"a", {.cpu_ns = 1'250'000'000, .cpu_user_ns = 700'000'000, .cpu_system_ns = 400'000'000, .block_bytes = 11'010'048, .memory_bytes = 2048}},
      {"b", {.cpu_ns = 9'000'000'000, .memory_bytes = 3}}};
  CHECK(run_lxcx({"top", "-d", "0.5"}).status == 0);
  CHECK(world.watched->on_screen);
  CHECK(world.watched->delay_ms == 500);
  CHECK_THAT(world.drawn,
             Catch::Contains("a                          1.25         0.40         0.70       10.50 MiB(  0.00   /  0.00   )   2.00 KiB\n"));
  CHECK_THAT(world.drawn, !Catch::Contains("MemSw"));
  CHECK_THAT(world.drawn, Catch::Contains("TOTAL 2 of 2 "));
  world.keys = "cq";
  CHECK(run_lxcx({"top"}).status == 0);
  CHECK(world.drawn.find("b  ") < world.drawn.find("a  "));
  world.keys.clear();
  CHECK(run_lxcx({"top", "-b", "-s", "m", "-r"}).status == 0);
  CHECK(world.watched->delay_ms == 300'000);
  CHECK_FALSE(world.watched->on_screen);
  CHECK_THAT(world.drawn, Catch::StartsWith("time_ms,container,cpu_nanos,") && Catch::Contains(",b,9000000000,0,0,0,0,3,0,0\n"));
  CHECK(world.drawn.find(",b,") < world.drawn.find(",a,"));
  for (const Words& bad :
       {Words{"top", "-s", "cpu"}, Words{"top", "-d", "0"}, Words{"top", "-d", "1x"}, Words{"top", "-c", "0"}, Words{"top", "web"}})
    CHECK(run_lxcx(bad).status == 2);
}

TEST_CASE("unshare and usernsexec ask for namespaces, ids and a program", "[host]") {
  core::FakeWorld& world = new_world();
  world.attach_status = 7;
  CHECK(run_lxcx({"unshare", "-s", "user|NETWORK", "-u", "5", "-i", "a", "-i", "b", "--", "ls", "-l"}).status == 7);
  CHECK(world.unshared->namespaces == (core::namespace_bit(core::Namespace::user) | core::namespace_bit(core::Namespace::net)));
  CHECK(world.unshared->uid == 5U);
  CHECK(world.unshared->maps == std::vector<core::IdMapping>{{false, 5, ::geteuid(), 1}});
  CHECK(world.unshared->interfaces == Words{"a", "b"});
  CHECK(world.unshared->command == Words{"ls", "-l"});
  CHECK(run_lxcx({"usernsexec"}).status == 7);
  CHECK(world.unshared->command == Words{"/bin/sh"});
  CHECK(world.unshared->maps.size() == 2);
  CHECK(world.unshared->uid == 0U);
  CHECK(run_lxcx({"usernsexec", "-m", "u:0:5:1", "-s", "id"}).status == 7);
  CHECK(world.unshared->maps.size() == 3);
}

TEST_CASE("monitor shows an event on a line, of the names that match from end to end", "[host]") {
  core::FakeWorld& world = new_world();
  world.events = {{"/var/lib/lxc", "web", 1, State::running, {}},
                  {"/var/lib/lxc", "web2", 2, State::running, {}},
                  {"/var/lib/lxc", "web", 3, State::stopping, 7 << 8},
                  {"/var/lib/lxc", "db", 4, State::stopped, {}}};
  CHECK(run_lxcx({"monitor", "-n", "we.", "db"}).out ==
        "'web' changed state to [RUNNING]\n'web' exited with status [7]\n'db' changed state to [STOPPED]\n");
  CHECK(world.followed->lxcpaths.empty());
  CHECK(world.followed->timeout_s == -1);
  CHECK(world.followed->catches_signals);
  CHECK(run_lxcx({"monitor", "-P", "/a/", "-P", "/b", "--count", "1"}).out == "'web' changed state to [RUNNING]\n");
  CHECK(world.followed->lxcpaths == std::vector<std::string>{"/a", "/b"});
  CHECK(run_lxcx({"monitor", "-t", "9", "--count", "9"}).status == 12);
  CHECK(run_lxcx({"monitor", "-t", "9"}).status == 0);
  for (const char* bad : {"a(", "a)|(b", "["}) CHECK(run_lxcx({"monitor", bad}).status == 2);
  world.followed.reset();
  CHECK(run_lxcx({"monitor", "-Q"}).status == 0);
  CHECK_FALSE(world.followed);
}

TEST_CASE("autostart asks for what it was told, and ends with the first failure's status", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"autostart"}).status == 0);
  CHECK(world.autostarted->action == core::AutostartAction::start);
  CHECK(world.autostarted->groups.empty());
  CHECK(world.autostarted->awaits_reboot);
  CHECK(world.autostarted->jobs >= 1);
  CHECK(run_lxcx({"autostart", "-s", "-A", "-g", "onboot,", "-g", "web", "-t", "5", "-j", "3"}).status == 0);
  CHECK(world.autostarted->action == core::AutostartAction::shutdown);
  CHECK(world.autostarted->groups == std::vector<std::string>{"onboot", "", "web"});
  CHECK(world.autostarted->ignore_auto);
  CHECK(world.autostarted->timeout_s == 5);
  CHECK(world.autostarted->jobs == 3);
  world.autostart_plan = {{"db", 3, 0, {}, 0, {}, {}, {}}, {"web", 0, 0, {}, 0, {0}, {0}, Error{Code::config, 0, "a circle", {}, {}, {}, {}}}};
  const Ran ran = run_lxcx({"autostart"});
  CHECK(ran.status == 10);
  CHECK_THAT(ran.err, Catch::Contains("a circle") && Catch::Contains("1 of 2 containers did not start: web"));
  const Ran listed = run_lxcx({"autostart", "-L"});
  CHECK(listed.out == "db 3\n");
  CHECK_THAT(listed.err, Catch::Contains("1 of 2 containers would not be started: web"));
  CHECK(run_lxcx({"autostart", "-L", "-k"}).out == "db\n");
  CHECK_THAT(run_lxcx({"autostart", "-L", "--format", "json"}).out, Catch::Contains(R"("waits_for":["db"],"needs":["db"],"error":{"code":10)"));
  for (const char* bad : {"-j0", "-tx", "-jx", "-t-2"}) CHECK(run_lxcx({"autostart", bad}).status == 2);
  CHECK(run_lxcx({"autostart", "-r", "-s"}).status == 2);
}

TEST_CASE("freeze, unfreeze and destroy ask for what they say", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"unfreeze", "web"}).status == 0);
  CHECK(world.frozen == false);
  CHECK(run_lxcx({"destroy", "-fs", "web"}).status == 0);
  CHECK(world.destroyed->force);
  CHECK(world.destroyed->snapshots);
}

TEST_CASE("unknown verbs and options end with 2 and say what was probably meant", "[host]") {
  new_world();
  const Ran verb = run_lxcx({"strat", "web"});
  CHECK(verb.status == 2);
  CHECK(verb.out.empty());
  CHECK_THAT(verb.err, Catch::Contains("no command 'strat'") && Catch::Contains("did you mean 'start'?"));
  const Ran option = run_lxcx({"start", "--foregruond", "web"});
  CHECK(option.status == 2);
  CHECK_THAT(option.err, Catch::Contains("start has no option '--foregruond'") && Catch::Contains("did you mean '--foreground'?"));
  CHECK(run_lxcx({"start", "-Z", "web"}).status == 2);
  CHECK(run_lxcx({"--all", "plugin", "list"}).status == 2);
  CHECK(run_lxcx({"start", "--daemon=yes", "web"}).status == 2);
  CHECK(run_lxcx({"stop", "web", "-t"}).status == 2);
  CHECK(run_lxcx({"plugin", "lsit"}).status == 2);
  CHECK(run_lxcx({"plugin", "enable", "storage"}).status == 2);
}

TEST_CASE("a missing name ends with 2 before anything is opened", "[host]") {
  for (const char* verb :
       {"create", "start", "execute", "stop", "attach", "console", "info", "wait", "freeze", "unfreeze", "cgroup", "device", "rename", "destroy"}) {
    core::FakeWorld& world = new_world();
    INFO(verb);
    const Ran ran = run_lxcx({verb});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Catch::Contains("no container name"));
    CHECK_FALSE(world.options);
  }
}

TEST_CASE("checkpoint dumps, or with --restore restores", "[host]") {
  core::FakeWorld& world = new_world();
  CHECK(run_lxcx({"checkpoint", "-D", "/srv/x/", "-s", "-v", "--predump-dir", "../pre", "-A", "/bin/true", "web"}).status == 0);
  REQUIRE(world.dumped);
  CHECK(world.dumped->name == "web");
  CHECK(world.dumped->directory == "/srv/x");
  CHECK(world.dumped->stop);
  CHECK(world.dumped->verbose);
  CHECK_FALSE(world.dumped->pre_dump);
  CHECK(world.dumped->previous == "../pre");
  CHECK(world.dumped->action_script == "/bin/true");
  CHECK_FALSE(world.restored);
  world.start_outcome.exit_status = 4;
  CHECK(run_lxcx({"checkpoint", "-r", "-F", "-D", "here", "web"}).status == 4);
  REQUIRE(world.restored);
  CHECK(world.restored->directory.starts_with('/'));
  CHECK(world.restored->directory.ends_with("/here"));
  CHECK(world.restored->foreground);
  CHECK(run_lxcx({"checkpoint", "-p", "-D", "/x", "web"}).status == 0);
  CHECK(world.dumped->pre_dump);
  for (const Words& options : {Words{}, Words{"-D", "/x", "-r", "-s"}, Words{"-D", "/x", "-r", "-p"}, Words{"-D", "/x", "-p", "-s"},
                               Words{"-D", "/x", "-d"}, Words{"-D", "/x", "-F"}, Words{"-D", "/x", "-r", "-d", "-F"}}) {
    Words words{"checkpoint", "web"};
    words.insert(words.end(), options.begin(), options.end());
    CHECK(run_lxcx(words).status == 2);
  }
}

TEST_CASE("help and version answer on stdout without opening anything", "[host]") {
  core::FakeWorld& world = new_world();
  for (const Words& words : {Words{"help"}, Words{"--help"}, Words{"-?"}, Words{"help", "start"}, Words{"start", "-h"}, Words{"start", "-?", "web"},
                             Words{"version"}, Words{"--version"}, Words{"start", "--version"}}) {
    const Ran ran = run_lxcx(words);
    INFO(words.front());
    CHECK(ran.status == 0);
    CHECK_FALSE(ran.out.empty());
    CHECK(ran.err.empty());
  }
  CHECK_FALSE(world.options);
  const Ran nothing = run_lxcx({});
  CHECK(nothing.status == 2);
  CHECK(nothing.out.empty());
}

TEST_CASE("the teardown verb calls teardown, is quiet, and passes init's status on", "[host]") {
  core::FakeWorld& world = new_world();
  world.teardown_status = 9;
  Ran ran = run_lxcx({"--internal-teardown", "/run/lxcx/x/web", "--lxcpath=/srv"});
  CHECK(ran.status == 9);
  CHECK(world.torn_down == "/run/lxcx/x/web");
  CHECK(world.options->lxcpath == "/srv");
  world.error = Error{.code = Code::kernel, .message = "broken"};
  ran = run_lxcx({"--internal-teardown", "/run/lxcx/x/web"});
  CHECK(ran.status == 7);
  CHECK(ran.out + ran.err == "");
  CHECK_THAT(run_lxcx({"help"}).out, !Catch::Contains("internal"));
}

}  // namespace
}  // namespace lxcx::host
