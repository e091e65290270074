// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "plugin_under_test.hpp"

using namespace lxcx;
using namespace lxcx::test;

namespace {

const lxcx_template_ops& busybox() {
  static const lxcx_template_ops& ops = load<lxcx_template_ops>(TEMPLATE_BUSYBOX);
  return ops;
}

void built(TestBuild& build, FakeCall& call) {
  const lxcx_code code = build.run(busybox(), call);
  INFO(call.message);
  REQUIRE(code == LXCX_OK);
}

}  // namespace

TEST_CASE("a busybox root runs on its own") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  built(build, call);
  const Ran ran = shell("unshare --mount --pid --fork chroot '" + build.rootfs + "' /bin/sh -c 'ls / && /sbin/init --help && cat /etc/hostname'");
  INFO(ran.output);
  CHECK(ran.status == 0);
  for (const char* name : {"bin", "dev", "etc", "proc", "sbin", "sys", "tmp"}) CHECK(ran.output.find(name) != std::string::npos);
  CHECK(ran.output.find("web") != std::string::npos);
}

TEST_CASE("every applet is a link to busybox, and nothing is set-user-ID") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  built(build, call);
  const Ran list = shell("busybox --list | grep -vx busybox | wc -l");
  std::size_t links = 0;
  for (const auto& entry : std::filesystem::directory_iterator(build.rootfs + "/bin"))
    if (entry.is_symlink() && std::filesystem::read_symlink(entry) == "busybox") ++links;
  CHECK(links == static_cast<std::size_t>(std::stoul(list.output)));
  CHECK(links > 100);
  CHECK(shell("find '" + build.rootfs + "' -perm /6000").output.empty());
  CHECK(status_of(build.rootfs + "/sbin/init").st_ino == status_of(build.rootfs + "/bin/busybox").st_ino);
  CHECK((status_of(build.rootfs + "/tmp").st_mode & 07777) == 01777);
  CHECK((status_of(build.rootfs + "/etc/shadow").st_mode & 07777) == 0600);
}

TEST_CASE("all belongs to the container's root") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  build.idmap = shifted_map();
  built(build, call);
  CHECK(shell("find '" + build.rootfs + "' -mindepth 1 -not \\( -uid 100000 -gid 200000 \\)").output.empty());
}

TEST_CASE("the configuration is one that lxc-start knows, and binds nothing of the host's") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  built(build, call);
  const std::vector<std::string> lines = call.all("config");
  for (const char* line :
       {"lxc.signal.halt = SIGUSR1", "lxc.signal.reboot = SIGTERM", "lxc.uts.name = web", "lxc.autodev = 1", "lxc.tty.max = 5", "lxc.pty.max = 1",
        "lxc.cap.drop = sys_module mac_admin mac_override sys_time", "lxc.mount.auto = cgroup:mixed proc:mixed sys:ro"})
    CHECK(std::ranges::find(lines, line) != lines.end());
  for (const std::string& line : lines) CHECK(line.find("bind") == std::string::npos);
}

TEST_CASE("a dynamic busybox is refused with what to install") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  build.args = {"--busybox-path=/bin/ls"};
  CHECK(build.run(busybox(), call) == LXCX_CONFIG);
  CHECK(call.message.find("dynamically linked") != std::string::npos);
  CHECK(call.hint.find("busybox-static") != std::string::npos);
  CHECK(std::filesystem::is_empty(build.rootfs));
}

TEST_CASE("a bad busybox-path changes nothing") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  write_file(scratch.path + "/text", "#!/bin/sh\n");
  write_file(scratch.path + "/cut", std::string("\x7f"
                                                "ELF\x02\x01\x01",
                                                7) +
                                        std::string(20, '\0'));
  write_file(scratch.path + "/liar", std::string("\x7f"
                                                 "ELF\x02\x01\x01",
                                                 7) +
                                         std::string(9, '\0') + "\x02" + std::string(200, '\xff'));
  const std::string named = scratch.path + GENERATE("/text", "/cut", "/liar", "/missing", "");
  build.args = {"--busybox-path", named};
  CAPTURE(named);
  CHECK(build.run(busybox(), call) != LXCX_OK);
  CHECK(call.message.find(named) != std::string::npos);
  CHECK(std::filesystem::is_empty(build.rootfs));
}

TEST_CASE("unknown arguments are usage errors") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  build.args = {GENERATE("--busybox", "--nonsense=1", "word", "-x", "--busybox-path", "--busybox-path=", "--", "-")};
  CHECK(build.run(busybox(), call) == LXCX_USAGE);
  CHECK(std::filesystem::is_empty(build.rootfs));
}

TEST_CASE("a root with links planted in it is never written through") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  std::filesystem::create_directory(scratch.path + "/host");
  const std::string planted = GENERATE("etc", "bin", "etc/passwd", "bin/busybox", "usr");
  std::filesystem::create_directories(std::filesystem::path(build.rootfs + "/" + planted).parent_path());
  std::filesystem::create_symlink(scratch.path + "/host", build.rootfs + "/" + planted);
  CHECK(build.run(busybox(), call) != LXCX_OK);
  CHECK(std::filesystem::is_empty(scratch.path + "/host"));
}

TEST_CASE("options are told as a table") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  CHECK(build.options(busybox(), call) == LXCX_OK);
  CHECK(call.result("option").starts_with("--busybox-path=FILE\t"));
}
