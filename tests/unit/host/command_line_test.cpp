// SPDX-License-Identifier: Apache-2.0
// The command line contract: what each verb makes of its options, and how it says no.
#include <sched.h>
#include <sys/personality.h>

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
  for (const char* verb : {"create", "start", "execute", "stop", "attach", "console", "info", "wait", "freeze", "unfreeze", "destroy"}) {
    core::FakeWorld& world = new_world();
    INFO(verb);
    const Ran ran = run_lxcx({verb});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Catch::Contains("no container name"));
    CHECK_FALSE(world.options);
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
