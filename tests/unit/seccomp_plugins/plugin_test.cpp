// SPDX-License-Identifier: Apache-2.0
// The plugin's promises, each checked on a process that the kernel really holds to the filter.
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <csignal>

#include "policy_call.hpp"

using namespace lxcx::test;

namespace {

#if defined(__x86_64__)
/// A 32-bit system call from a 64-bit process. The kernel takes it for i386 and returns -errno.
int int80(int number, int a = 0, int b = 0, int c = 0) {
  int result = number;
  asm volatile("int $0x80" : "+a"(result) : "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
  return result;
}
constexpr int i386_getpid = 20;
constexpr int i386_uname_olduname = 109;
constexpr int i386_socketcall = 102;
constexpr int i386_socket = 359;
#endif

std::string refused(const FakeCall::Settings& settings, lxcx_code expected) {
  FakeCall call(settings);
  CHECK(security_verb(call, false) == expected);
  CHECK(security_verb(call, true) == expected);
  CHECK(call.results.empty());
  return call.message;
}

std::string refused_policy(const std::string& text, lxcx_code expected = LXCX_CONFIG) {
  const PolicyFile file(text);
  const std::string message = refused({{"lxc.seccomp.profile", file.path()}}, expected);
  CHECK(message.starts_with(file.path() + ":"));
  return message.substr(std::min(message.size(), file.path().size() + 1));
}

}  // namespace

TEST_CASE("the descriptor names the plugin") {
  CHECK(std::string(lxcx_plugin.kind) == "security");
  CHECK(std::string(lxcx_plugin.name) == "seccomp");
}

TEST_CASE("without a policy nothing is emitted") {
  FakeCall call(FakeCall::Settings{{"lxc.seccomp.profile", ""}});
  CHECK(security_verb(call, true) == LXCX_OK);
  CHECK(call.results.empty());
}

TEST_CASE("a denied call returns the policy's errno, and others work") {
  const PolicyFile file("2\ndenylist\ngetppid errno 77\n");
  const std::string program = compiled(file.path());
  CHECK(errno_under(program, SYS_getppid) == "exit 77");
  CHECK(errno_under(program, SYS_getpid) == "exit 0");
}

TEST_CASE("kill ends the thread with SIGSYS, and trap raises it") {
  const PolicyFile killing("2\ndenylist\ngetppid\n");
  CHECK(errno_under(compiled(killing.path()), SYS_getppid) == "signal " + std::to_string(SIGSYS));
  const PolicyFile trapping("2\ndenylist\ngetppid trap\n");
  CHECK(under(compiled(trapping.path()), [] {
          signal(SIGSYS, [](int) { _exit(42); });
          syscall(SYS_getppid);
          return 0;
        }) == "exit 42");
}

TEST_CASE("an allowlist gives every other call its default action") {
  const PolicyFile file("2\nallowlist errno 38\nexit_group\nexit\ngetpid\n");
  const std::string program = compiled(file.path());
  CHECK(errno_under(program, SYS_getpid) == "exit 0");
  CHECK(errno_under(program, SYS_getppid) == "exit 38");
}

TEST_CASE("version 1 allows its numbers and kills the rest") {
  const PolicyFile file("1\nallowlist\n" + std::to_string(SYS_exit_group) + "\n" + std::to_string(SYS_getpid) + "\n");
  const std::string program = compiled(file.path());
  CHECK(errno_under(program, SYS_getpid) == "exit 0");
  CHECK(errno_under(program, SYS_getppid) == "signal " + std::to_string(SIGSYS));
}

TEST_CASE("arguments are compared as the operators say") {
  struct Comparison {
    const char* filter;
    int matching, other;
  };
  const auto [filter, matching, other] =
      GENERATE(Comparison{"[0,5,SCMP_CMP_EQ]", 5, 6}, Comparison{"[0,5,!=]", 6, 5}, Comparison{"[0,5,<]", 4, 5}, Comparison{"[0,5,<=]", 5, 6},
               Comparison{"[0,5,>]", 6, 5}, Comparison{"[0,5,>=]", 5, 4}, Comparison{"[0,4,SCMP_CMP_MASKED_EQ,12]", 6, 12});
  CAPTURE(filter);
  const PolicyFile file("2\ndenylist\nsetpriority errno 99 " + std::string(filter) + "\n");
  const std::string program = compiled(file.path());
  // Numbers above PRIO_USER (2) are EINVAL to the kernel itself.
  CHECK(errno_under(program, SYS_setpriority, matching, 0, 0) == "exit 99");
  CHECK(errno_under(program, SYS_setpriority, other, 0, 0) == "exit " + std::to_string(EINVAL));
}

TEST_CASE("all filters of one rule must hold; several rules of one call each count") {
  const PolicyFile file("2\ndenylist\nsetpriority errno 99 [0,7,==] [1,1,==]\nsetpriority errno 98 [0,8,==]\n");
  const std::string program = compiled(file.path());
  CHECK(errno_under(program, SYS_setpriority, 7, 1, 0) == "exit 99");
  CHECK(errno_under(program, SYS_setpriority, 7, 2, 0) == "exit " + std::to_string(EINVAL));
  CHECK(errno_under(program, SYS_setpriority, 8, 2, 0) == "exit 98");
}

TEST_CASE("reject_force_umount refuses MNT_FORCE alone") {
  const PolicyFile file("2\ndenylist\nreject_force_umount\n");
  const std::string program = compiled(file.path());
  CHECK(errno_under(program, SYS_umount2, "/nowhere", MNT_FORCE) == "exit " + std::to_string(EACCES));
  CHECK(errno_under(program, SYS_umount2, "/nowhere", MNT_FORCE | MNT_DETACH) == "exit " + std::to_string(EACCES));
  CHECK(errno_under(program, SYS_umount2, "/nowhere", MNT_DETACH) != "exit " + std::to_string(EACCES));
}

TEST_CASE("an allowlist that names umount2 does not undo reject_force_umount") {
  const PolicyFile file("2\nallowlist errno 38\nreject_force_umount\numount2\nexit_group\n");
  const std::string program = compiled(file.path());
  CHECK(errno_under(program, SYS_umount2, "/nowhere", MNT_FORCE) == "exit " + std::to_string(EACCES));
  CHECK(errno_under(program, SYS_umount2, "/nowhere", MNT_DETACH) != "exit 38");
  CHECK(errno_under(program, SYS_umount2, "/nowhere", MNT_DETACH) != "exit " + std::to_string(EACCES));
}

#if defined(__x86_64__)
TEST_CASE("32-bit calls are filtered like 64-bit ones") {
  // Without IA32 emulation int $0x80 is a fault, and there is nothing to filter.
  if (in_child([] { return int80(i386_getpid) == getpid() ? 0 : 1; }) != "exit 0") {
    WARN("skipped: this kernel runs no 32-bit system calls");
    return;
  }
  const PolicyFile all("2\ndenylist\ngetpid errno 77\nsocket errno 78 [0,40,SCMP_CMP_EQ]\nolduname errno 79\n");
  const std::string program = compiled(all.path());
  CHECK(under(program, [] { return -int80(i386_getpid); }) == "exit 77");
  CHECK(errno_under(program, SYS_getpid) == "exit 77");
  CHECK(under(program, [] { return -int80(i386_socket, 40, SOCK_STREAM, 0); }) == "exit 78");

  SECTION("a name that only i386 has is filtered there") {
    CHECK(under(program, [] { return -int80(i386_uname_olduname); }) == "exit 79");
  }
  SECTION("[x86] leaves 64-bit calls alone, [x86_64] 32-bit ones") {
    const PolicyFile file("2\ndenylist\n[x86]\ngetpid errno 77\n[x86_64]\ngetppid errno 78\n[arm]\ngettid errno 79\n");
    const std::string split = compiled(file.path());
    CHECK(under(split, [] { return -int80(i386_getpid); }) == "exit 77");
    CHECK(errno_under(split, SYS_getpid) == "exit 0");
    CHECK(errno_under(split, SYS_getppid) == "exit 78");
    CHECK(errno_under(split, SYS_gettid) == "exit 0");
  }
  SECTION("version 1 has numbers of one architecture, so 32-bit calls are killed") {
    const PolicyFile file("1\nallowlist\n" + std::to_string(SYS_exit_group) + "\n20\n");
    CHECK(under(compiled(file.path()), [] { return -int80(i386_getpid); }) == "signal " + std::to_string(SIGSYS));
  }
}
#endif

TEST_CASE("a system call that nobody knows is skipped and said") {
  const PolicyFile file("2\ndenylist\nfrobnicate errno 1\ngetppid errno 77\n");
  FakeCall call(FakeCall::Settings{{"lxc.seccomp.profile", file.path()}});
  REQUIRE(security_verb(call, true) == LXCX_OK);
  CHECK(call.log.size() == 1);
  CHECK(call.log_line("frobnicate") == file.path() + ":3:1: libseccomp knows no system call 'frobnicate': rule skipped");
  CHECK(errno_under(call.results["payload.seccomp"], SYS_getppid) == "exit 77");
}

TEST_CASE("a rule that another makes pointless is said, and which") {
  const PolicyFile file("2\ndenylist\ngetppid errno 5 [0,1,==]\ngetppid errno 7\ngetppid errno 9\ngetppid errno 7 [0,2,==]\n");
  FakeCall call(FakeCall::Settings{{"lxc.seccomp.profile", file.path()}});
  REQUIRE(security_verb(call, true) == LXCX_OK);
  REQUIRE(call.log.size() == 2);
  CHECK(call.log[0].second.ends_with(":3:1: the rule for 'getppid' has no effect: that in line 4 has no arguments and takes its place"));
  CHECK(call.log[1].second.ends_with(":5:1: the rule for 'getppid' has no effect: that in line 4 has no arguments and takes its place"));
  CHECK(errno_under(call.results["payload.seccomp"], SYS_getppid, 1) == "exit 7");
}

TEST_CASE("what cannot be compiled is refused before anything is touched, with its place") {
  CHECK(refused_policy("2\ndenylist\nmount maybe\n") == "3:7: unknown action 'maybe'");
  CHECK(refused_policy("2\ndenylist\n\nmount allow\n") == "4:1: 'allow' is already what this policy does by default");
  CHECK(refused_policy("2\ndenylist\nmount errno 1 [0,1,==]\nmount errno 2 [0,1,==]\n") ==
        "4:1: 'mount' has a rule with these arguments and another action already");
  CHECK(refused_policy("2\ndenylist\nmount notify\nsendmsg notify\n") == "4:1: 'sendmsg' cannot have the action 'notify'");
  CHECK(refused_policy("2\nallowlist notify\nread\n") == "2:1: with the default action 'notify' the policy needs a rule for 'sendmsg'");
}

TEST_CASE("a policy file that is missing, or no file, is refused") {
  CHECK(refused({{"lxc.seccomp.profile", "/nowhere/policy"}}, LXCX_NOT_FOUND) == "open seccomp policy '/nowhere/policy'");
  CHECK(refused({{"lxc.seccomp.profile", "/tmp"}}, LXCX_CONFIG) == "seccomp policy '/tmp' is not a regular file");
  const PolicyFile fifo("");
  unlink(fifo.path().c_str());
  REQUIRE(mkfifo(fifo.path().c_str(), 0600) == 0);
  CHECK(refused({{"lxc.seccomp.profile", fifo.path()}}, LXCX_CONFIG) == "seccomp policy '" + fifo.path() + "' is not a regular file");
}

TEST_CASE("settings that mean nothing here are refused by name") {
  CHECK(refused({{"lxc.seccomp.allow_nesting", "yes"}}, LXCX_CONFIG) == "lxc.seccomp.allow_nesting must be 0 or 1, not 'yes'");
  CHECK(refused({{"lxc.seccomp.notify.proxy", "tcp:1"}}, LXCX_CONFIG) ==
        "lxc.seccomp.notify.proxy must be an address such as unix:/PATH or unix:@NAME, not 'tcp:1'");
  CHECK(refused({{"lxc.seccomp.notify.proxy", "unix:/" + std::string(107, 'x')}}, LXCX_CONFIG) ==
        "the path in lxc.seccomp.notify.proxy is longer than 107 bytes");
  CHECK(refused({{"lxc.seccomp.notify.cookie", std::string(1025, 'x')}}, LXCX_CONFIG) == "lxc.seccomp.notify.cookie is longer than 1024 bytes");
}

TEST_CASE("a policy with notify rules asks for a listener, and says who answers") {
  const PolicyFile file("2\ndenylist\ngetppid notify\n");
  FakeCall call(FakeCall::Settings{
      {"lxc.seccomp.profile", file.path()}, {"lxc.seccomp.notify.proxy", "unix:/run/proxy"}, {"lxc.seccomp.notify.cookie", "web"}});
  REQUIRE(security_verb(call, true) == LXCX_OK);
  CHECK(call.results["payload.seccomp.flags"] == std::to_string(SECCOMP_FILTER_FLAG_NEW_LISTENER));
  CHECK(call.results["monitor.seccomp.proxy"] == "unix:/run/proxy");
  CHECK(call.results["monitor.seccomp.cookie"] == "web");
  // Nobody listens here: seccomp(2) has such calls fail at once.
  CHECK(errno_under(call.results["payload.seccomp"], SYS_getppid) == "exit " + std::to_string(ENOSYS));
  CHECK(errno_under(call.results["payload.seccomp"], SYS_gettid) == "exit 0");
}

TEST_CASE("what no rule matches can be notified of too, and without a proxy that is warned of") {
  const PolicyFile allows("2\nallowlist notify\nsendmsg\nread\nexit_group\n");
  FakeCall call(FakeCall::Settings{{"lxc.seccomp.profile", allows.path()}});
  REQUIRE(security_verb(call, false) == LXCX_OK);
  CHECK(call.logged("no lxc.seccomp.notify.proxy"));
  REQUIRE(security_verb(call, true) == LXCX_OK);
  CHECK(call.results["payload.seccomp.flags"] == std::to_string(SECCOMP_FILTER_FLAG_NEW_LISTENER));
  CHECK(errno_under(call.results["payload.seccomp"], SYS_getppid) == "exit " + std::to_string(ENOSYS));
}

TEST_CASE("under a filter already, another is added only when nesting is allowed") {
  const PolicyFile outer("2\ndenylist\nacct errno 1\n");
  const PolicyFile inner("2\ndenylist\ngetppid errno 77\n");
  const std::string outer_program = compiled(outer.path());
  const auto emitted = [&](const std::string& nesting) {
    FakeCall call(FakeCall::Settings{{"lxc.seccomp.profile", inner.path()}, {"lxc.seccomp.allow_nesting", nesting}});
    if (security_verb(call, true) != LXCX_OK) return 3;
    return call.results.contains("payload.seccomp") ? 1 : call.logged("lxcx itself runs under seccomp") ? 0 : 2;
  };
  CHECK(under(outer_program, [&] { return emitted("0"); }) == "exit 0");
  CHECK(under(outer_program, [&] { return emitted("1"); }) == "exit 1");
  CHECK(in_child([&] { return emitted("0"); }) == "exit 1");
}

#if defined(__x86_64__)
TEST_CASE("a filter longer than the kernel takes is refused with its length") {
  // One architecture keeps libseccomp's work, which grows with the square of the rules, bearable.
  std::string text = "2\ndenylist\n[x86_64]\n";
  for (int value = 0; value < 4100; ++value) text += "setpriority errno 1 [0," + std::to_string(value) + ",==]\n";
  const PolicyFile file(text);
  FakeCall call(FakeCall::Settings{{"lxc.seccomp.profile", file.path()}});
  CHECK(security_verb(call, false) == LXCX_UNSUPPORTED);
  CHECK(call.message.contains("instructions; the kernel takes 4096"));
}
#endif
