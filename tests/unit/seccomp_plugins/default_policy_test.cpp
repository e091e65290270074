// SPDX-License-Identifier: Apache-2.0
// The policy of every newly created container. It is tested with errno 77 in the place of 1, from a process without privileges: then the
// filter's answer cannot be mistaken for the kernel's, and a call that the filter wrongly lets through harms nobody.
#include <fcntl.h>
#include <sys/ioctl.h>

#include <iterator>

#include "policy_call.hpp"

using namespace lxcx::test;

namespace {

constexpr int uffd_user_mode_only = 1;
const std::string denied = "exit 77";

std::string marked_program() {
  std::ifstream file(DEFAULT_POLICY);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string from = " errno 1", to = " errno 77";
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  const PolicyFile copy(text);
  return compiled(copy.path());
}

bool drop_privileges() { return geteuid() != 0 || setresuid(65534, 65534, 65534) == 0; }

template <class... Args>
std::string harmless(const std::string& program, long number, Args... args) {
  return under(program, [&] {
    if (!drop_privileges()) return 253;
    return syscall(number, args...) < 0 ? errno : 0;
  });
}

}  // namespace

TEST_CASE("the default policy compiles without a remark") {
  FakeCall call(FakeCall::Settings{{"lxc.seccomp.profile", DEFAULT_POLICY}});
  REQUIRE(security_verb(call, true) == LXCX_OK);
  CHECK(call.log.empty());
}

TEST_CASE("the default policy denies what acts on the whole host") {
  const std::string program = marked_program();
  for (const long number : {SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_open_by_handle_at, SYS_bpf,
                            SYS_perf_event_open, SYS_swapon, SYS_swapoff}) {
    CAPTURE(number);
    CHECK(harmless(program, number, -1L, -1L, -1L, -1L, -1L) == denied);
  }
}

TEST_CASE("the default policy refuses to handle kernel faults, but not user faults") {
  const std::string program = marked_program();
  CHECK(harmless(program, SYS_userfaultfd, O_CLOEXEC) == denied);
  CHECK(harmless(program, SYS_userfaultfd, O_CLOEXEC | uffd_user_mode_only) != denied);
}

TEST_CASE("the default policy lets the kernel log be read, not taken or cleared") {
  const std::string program = marked_program();
  for (const int type : {2, 4, 5, 6, 7, 8}) CHECK(harmless(program, SYS_syslog, type, nullptr, 0) == denied);
  for (const int type : {3, 10}) CHECK(harmless(program, SYS_syslog, type, nullptr, 0) != denied);
}

TEST_CASE("the default policy keeps the terminal's owner from being typed for") {
  const std::string program = marked_program();
  CHECK(harmless(program, SYS_ioctl, -1, 0x5412UL, 0) == denied);
  CHECK(harmless(program, SYS_ioctl, -1, 0x541cUL, 0) == denied);
  // CVE-2019-10063: the kernel ignores the upper half of the request.
  CHECK(harmless(program, SYS_ioctl, -1, 0x100005412UL, 0) == denied);
  CHECK(harmless(program, SYS_ioctl, -1, static_cast<unsigned long>(TIOCGWINSZ), 0) == "exit " + std::to_string(EBADF));
}

TEST_CASE("the default policy leaves alone what an init system needs") {
  const std::string program = marked_program();
  for (const long number : {SYS_mount, SYS_umount2, SYS_pivot_root, SYS_fsopen, SYS_open_tree, SYS_keyctl, SYS_name_to_handle_at, SYS_setns,
                            SYS_sethostname, SYS_clone3, SYS_adjtimex, SYS_clock_settime}) {
    CAPTURE(number);
    const std::string without = in_child([&] {
      if (!drop_privileges()) return 253;
      return syscall(number, -1L, 0L, -1L, -1L, -1L) < 0 ? errno : 0;
    });
    CHECK(harmless(program, number, -1L, 0L, -1L, -1L, -1L) == without);
  }
}

#if defined(__x86_64__)
TEST_CASE("the default policy holds for 32-bit calls") {
  const auto int80 = [](int number) {
    int result = number;
    asm volatile("int $0x80" : "+a"(result) : "b"(-1), "c"(-1), "d"(-1) : "memory", "r8", "r9", "r10", "r11");
    return -result;
  };
  constexpr int i386_getpid = 20, i386_swapoff = 115, i386_bpf = 357, i386_iopl = 110, i386_ioperm = 101;
  if (in_child([&] { return -int80(i386_getpid) == getpid() ? 0 : 1; }) != "exit 0") {
    WARN("skipped: this kernel runs no 32-bit system calls");
    return;
  }
  const std::string program = marked_program();
  for (const int number : {i386_swapoff, i386_bpf, i386_iopl, i386_ioperm}) CHECK(under(program, [&] { return int80(number); }) == denied);
}
#endif
