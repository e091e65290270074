// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "hook_call.hpp"
#include "tests/support/in_child.hpp"

using namespace lxcx::test;

namespace {

struct Directory {
  std::string path = "/tmp/lxcxt-hook-XXXXXX";
  Directory() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~Directory() { std::filesystem::remove_all(path); }

  /// An executable script; returns its path.
  std::string script(const std::string& name, const std::string& body, mode_t mode = 0755) const {
    const std::string file = path + "/" + name;
    std::ofstream(file) << "#!/bin/sh\n" << body << "\n";
    REQUIRE(chmod(file.c_str(), mode) == 0);
    return file;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

FakeCall::Settings hooks(const std::string& type, const std::vector<std::string>& commands) {
  FakeCall::Settings settings;
  for (const std::string& command : commands) settings.emplace_back("lxc.hook." + type, command);
  return settings;
}

std::string words_of(const Directory& directory, const SentEvent& event, const std::string& key = "lxc.hook.pre-start",
                     const std::string& more = "") {
  const std::string script = directory.script("words", "for w; do printf '<%s>' \"$w\"; done > " + directory.path + "/out");
  FakeCall call(FakeCall::Settings{{key, script + more}});
  const lxcx_code code = hook_verb(call, event);
  INFO(call.message);
  CHECK(code == LXCX_OK);
  return directory.read("out");
}

}  // namespace

TEST_CASE("without a command an event passes") {
  FakeCall call;
  CHECK(hook_verb(call, {}) == LXCX_OK);
  CHECK(call.log.empty());
}

TEST_CASE("version 0 gives the name, the section, the type, and what the event adds") {
  const Directory directory;
  CHECK(words_of(directory, {}, "lxc.hook.pre-start", " own 'two words'") == "<own><two words><web><lxc><pre-start>");
  SentEvent stop;
  stop.id = LXCX_EVENT_STOP;
  stop.name = "stop";
  stop.args = {"mnt:/proc/7/fd/9", "net:/proc/7/fd/10"};
  CHECK(words_of(directory, stop, "lxc.hook.stop") == "<web><lxc><stop><mnt:/proc/7/fd/9><net:/proc/7/fd/10>");
}

TEST_CASE("version 1 gives only what the event adds, and the rest in the environment") {
  const Directory directory;
  SentEvent clone;
  clone.id = LXCX_EVENT_CLONE;
  clone.name = "clone";
  clone.hook_version = 1;
  clone.args = {"a", "b"};
  CHECK(words_of(directory, clone, "lxc.hook.clone", " own") == "<own><a><b>");
  FakeCall call(hooks("clone", {"sh -c 'echo $LXC_HOOK_TYPE/$LXC_HOOK_SECTION'"}));
  CHECK(hook_verb(call, clone) == LXCX_OK);
  CHECK(call.logged("lxc.hook.clone: clone/lxc"));
}

TEST_CASE("an event's words reach the command as they are, whatever is in them") {
  const Directory directory;
  SentEvent clone;
  clone.name = "clone";
  clone.args = {"two words", "; touch " + directory.path + "/injected", "$(id)", "", "*"};
  CHECK(words_of(directory, clone, "lxc.hook.clone") == "<web><lxc><clone><two words><; touch " + directory.path + "/injected><$(id)><><*>");
  CHECK_FALSE(std::filesystem::exists(directory.path + "/injected"));
}

TEST_CASE("device scripts are called with section net and the device's words") {
  const Directory directory;
  SentEvent up;
  up.id = LXCX_EVENT_NET_UP;
  up.name = "up";
  up.section = "net";
  up.nic_index = 2;
  up.args = {"veth", "lxcbr0", "vethX"};
  CHECK(words_of(directory, up, "lxc.net.script.up") == "<web><net><up><veth><lxcbr0><vethX>");
  FakeCall call(FakeCall::Settings{{"lxc.net.script.up", "false"}});
  CHECK(hook_verb(call, up) == LXCX_HOOK);
  CHECK(call.message.starts_with("lxc.net.2.script.up 'false' exited with status 1 after "));
}

TEST_CASE("the environment is ours with the event's put over it") {
  setenv("LXCXT_KEPT", "kept", 1);
  setenv("LXC_NAME", "wrong", 1);
  SentEvent event;
  event.environment = {"LXC_NAME=web", "LXC_ROOTFS_MOUNT=/x y"};
  FakeCall call(hooks("pre-start", {R"(sh -c 'echo "$LXCXT_KEPT $LXC_NAME $LXC_ROOTFS_MOUNT [$LXC_HOOK_TYPE]"; env | grep -c ^LXC_NAME=')"}));
  CHECK(hook_verb(call, event) == LXCX_OK);
  unsetenv("LXCXT_KEPT");
  unsetenv("LXC_NAME");
  CHECK(call.logged("lxc.hook.pre-start: kept web /x y []"));
  CHECK(call.logged("lxc.hook.pre-start: 1"));
}

TEST_CASE("hooks of a type run in order, and the first failure ends them") {
  const Directory directory;
  const std::string script = directory.script("note", "echo $1 >> " + directory.path + "/out; test $1 != bad");
  FakeCall call(hooks("pre-start", {script + " one", script + " bad", script + " three"}));
  CHECK(hook_verb(call, {}) == LXCX_HOOK);
  CHECK(directory.read("out") == "one\nbad\n");
  CHECK(call.message.starts_with("lxc.hook.pre-start (2 of 3) '" + script + " bad' exited with status 1 after "));
}

TEST_CASE("a failure tells status or signal, and the last words on both streams") {
  FakeCall failing(hooks("pre-start", {"sh -c 'echo out; echo err >&2; exit 7'"}));
  CHECK(hook_verb(failing, {}) == LXCX_HOOK);
  CHECK(failing.message.contains("exited with status 7 after"));
  CHECK(failing.message.ends_with("\n  | out\n  | err"));
  FakeCall killed(hooks("pre-start", {"sh -c 'kill -9 $$'"}));
  CHECK(hook_verb(killed, {}) == LXCX_HOOK);
  CHECK(killed.message.contains("was killed by signal 9 (Killed) after"));
  FakeCall missing(hooks("stop", {"/nowhere/hook"}));
  SentEvent stop;
  stop.name = "stop";
  CHECK(hook_verb(missing, stop) == LXCX_HOOK);
  CHECK(missing.message.contains("exited with status 127"));
  CHECK(missing.hint.contains("not found"));
}

TEST_CASE("output is logged line by line at DEBUG, and read to the end") {
  FakeCall call(hooks("pre-start", {"sh -c 'i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo done >&2'"}));
  CHECK(hook_verb(call, {}) == LXCX_OK);
  CHECK(call.log.size() == 20002);
  CHECK(call.log.front() == std::pair(LXCX_DEBUG, std::string("lxc.hook.pre-start: line 0")));
  CHECK(call.log[20000].second == "lxc.hook.pre-start: done");
}

TEST_CASE("a process that a hook leaves behind does not hold us") {
  const Directory directory;
  const auto before = std::chrono::steady_clock::now();
  // The loop outlives its parent and holds the output; it ends by itself when its file is there.
  FakeCall call(hooks("pre-start",
                      {"sh -c '(while [ ! -e " + directory.path + "/end ]; do echo x 2>/dev/null || exit; sleep 0.02; done) & echo mine; exit 0'"}));
  CHECK(hook_verb(call, {}) == LXCX_OK);
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));
  CHECK(call.logged("lxc.hook.pre-start: mine"));
  CHECK(call.logged("left a process behind"));
  std::ofstream(directory.path + "/end") << "";
}

TEST_CASE("a hook that closes its output is still waited for") {
  FakeCall call(hooks("pre-start", {"sh -c 'exec >&- 2>&-; sleep 0.3; exit 4'"}));
  CHECK(hook_verb(call, {}) == LXCX_HOOK);
  CHECK(call.message.contains("exited with status 4"));
}

TEST_CASE("a cancelled operation ends the hook with SIGTERM") {
  const Directory directory;
  FakeCall call(hooks("pre-start", {"sh -c 'trap \"echo told; exit 0\" TERM; while :; do sleep 0.05; done'"}));
  call.polls_until_cancelled = 3;
  const auto before = std::chrono::steady_clock::now();
  CHECK(hook_verb(call, {}) == LXCX_CANCELLED);
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(4));
  CHECK(call.logged("lxc.hook.pre-start: told"));
  CHECK(call.message.contains("was stopped after"));
}

TEST_CASE("a hook that ignores SIGTERM is killed after its grace") {
  FakeCall call(hooks("pre-start", {"sh -c 'trap \"\" TERM; while :; do sleep 0.05; done'"}));
  call.polls_until_cancelled = 2;
  const auto before = std::chrono::steady_clock::now();
  CHECK(hook_verb(call, {}) == LXCX_CANCELLED);
  CHECK(std::chrono::steady_clock::now() - before >= std::chrono::seconds(5));
}

TEST_CASE("a hook starts with all signals unblocked and at their defaults, and no descriptor of ours") {
  const int leaked = open("/dev/null", O_RDONLY);
  REQUIRE(leaked > 2);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGUSR1, SIG_IGN);
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  // Read by a program, not by a shell, which would have descriptors and handlers of its own.
  FakeCall call(hooks("pre-start", {"grep -E '^Sig(Blk|Ign):' /proc/self/status #"}));
  CHECK(hook_verb(call, {}) == LXCX_OK);
  FakeCall fds(hooks("pre-start", {"ls /proc/self/fd #"}));
  CHECK(hook_verb(fds, {}) == LXCX_OK);
  sigset_t now;
  sigprocmask(SIG_SETMASK, &before, &now);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGUSR1, SIG_DFL);
  close(leaked);
  CHECK(call.logged("SigBlk:\t0000000000000000"));
  CHECK(call.logged("SigIgn:\t0000000000000000"));
  // 0 to 2, and 3 for the directory that ls reads.
  CHECK(fds.logged(": 3"));
  CHECK_FALSE(fds.logged(": 4"));
  CHECK(sigismember(&now, SIGTERM) == 1);
}

TEST_CASE("a hook reads what we read") {
  const std::string result = in_child([] {
    int ends[2];
    if (pipe(ends) < 0 || write(ends[1], "typed\n", 6) != 6 || dup2(ends[0], 0) < 0) return 1;
    FakeCall call(hooks("pre-start", {"sh -c 'read word; echo \"got $word\"'"}));
    if (hook_verb(call, {}) != LXCX_OK) return 2;
    return call.logged("got typed") ? 0 : 3;
  });
  CHECK(result == "exit 0");
}

TEST_CASE("hooks run for a caller that has closed its standard descriptors") {
  const std::string result = in_child([] {
    for (int fd = 0; fd < 3; ++fd) close(fd);
    FakeCall call(hooks("pre-start", {"sh -c 'echo out; echo err >&2'"}));
    if (hook_verb(call, {}) != LXCX_OK) return 2;
    return call.logged(": out") && call.logged(": err") ? 0 : 3;
  });
  CHECK(result == "exit 0");
}

TEST_CASE("every start hook must be executable before any of them runs") {
  const Directory directory;
  SentEvent start;
  start.id = LXCX_EVENT_START;
  start.name = "start";
  const std::string good = directory.script("good", "echo ran > " + directory.path + "/out");
  const std::string plain = directory.script("plain", "", 0644);
  FakeCall with_words(hooks("start", {good + " with words"}));
  CHECK(hook_verb(with_words, start) == LXCX_OK);
  std::filesystem::remove(directory.path + "/out");
  FakeCall call(hooks("start", {good, plain + " a b"}));
  CHECK(hook_verb(call, start) == LXCX_HOOK);
  CHECK(call.message == "lxc.hook.start (2 of 2): '" + plain + "' cannot be executed inside the container");
  CHECK_FALSE(std::filesystem::exists(directory.path + "/out"));
}

TEST_CASE("validation refuses a pre-start hook that is not there, and remarks upon later ones") {
  FakeCall pre_start(hooks("pre-start", {"true", "/nowhere/hook arg"}));
  CHECK(hook_verb(pre_start, {}, false) == LXCX_HOOK);
  CHECK(pre_start.message == "lxc.hook.pre-start (2 of 2): '/nowhere/hook' cannot be executed");
  FakeCall post_stop(hooks("post-stop", {"/nowhere/hook"}));
  CHECK(hook_verb(post_stop, {}, false) == LXCX_OK);
  CHECK(post_stop.log.at(0).first == LXCX_WARN);
  FakeCall shell(hooks("pre-start", {"VAR=1 /nowhere/hook", "\"/no where/hook\"", "$HOOK"}));
  CHECK(hook_verb(shell, {}, false) == LXCX_OK);
}
