// SPDX-License-Identifier: Apache-2.0
// What lxcx prints: layouts as LXC has them, errors, warnings, escaping.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "core/kernel/faulty_kernel.hpp"
#include "host/printable.hpp"
#include "host/report.hpp"
#include "run_lxcx.hpp"

namespace lxcx::host {
namespace {

using core::State;

core::ContainerInfo a_running_container() {
  core::ContainerInfo info;
  info.state = State::running;
  info.init = 4242;
  info.manager = "lxcx";
  info.addresses = {"10.0.3.17", "fd42::1"};
  info.cpu_ns = 1250000000;
  info.block_io_bytes = 11010048;
  info.memory_bytes = 25490883;
  info.kernel_memory_bytes = 1024;
  info.links = {{"veth1000_AbCd", 1229, 4977}};
  return info;
}

TEST_CASE("info looks as lxc-info does", "[host]") {
  new_world().info = a_running_container();
  CHECK(run_lxcx({"info", "c1"}).out ==
        "Name:           c1\n"
        "State:          RUNNING\n"
        "PID:            4242\n"
        "IP:             10.0.3.17\n"
        "IP:             fd42::1\n"
        "CPU use:        1.25 seconds\n"
        "BlkIO use:      10.50 MiB\n"
        "Memory use:     24.31 MiB\n"
        "KMem use:       1024 bytes\n"
        "Link:           veth1000_AbCd\n"
        " TX bytes:      1.20 KiB\n"
        " RX bytes:      4.86 KiB\n"
        " Total bytes:   6.06 KiB\n");
}

TEST_CASE("info leaves out a counter that cannot be read, and a total that would lack it", "[host]") {
  core::FakeWorld& world = new_world();
  world.info = a_running_container();
  world.info.links = {{"veth0", {}, 4977}, {"veth1", {}, {}}};
  CHECK_THAT(run_lxcx({"info", "c1"}).out, Catch::EndsWith("Link:           veth0\n RX bytes:      4.86 KiB\nLink:           veth1\n"));
}

TEST_CASE("info says when it is LXC that runs a container", "[host]") {
  core::FakeWorld& world = new_world();
  world.info.state = State::running;
  world.info.manager = "lxc";
  CHECK(run_lxcx({"info", "c1"}).out == "Name:           c1\nState:          RUNNING\nManager:        lxc\n");
  CHECK(run_lxcx({"info", "-s", "-H", "c1"}).out == "RUNNING\n");
}

TEST_CASE("info -H of one item is the value alone", "[host]") {
  core::FakeWorld& world = new_world();
  world.info = a_running_container();
  CHECK(run_lxcx({"info", "-s", "-H", "c1"}).out == "RUNNING\n");
  CHECK(run_lxcx({"info", "-pH", "c1"}).out == "4242\n");
  CHECK(run_lxcx({"info", "-i", "-H", "-n", "c1"}).out == "10.0.3.17\nfd42::1\n");
  CHECK(run_lxcx({"info", "-s", "-p", "-H", "c1"}).out == "State:          RUNNING\nPID:            4242\n");
  CHECK_THAT(run_lxcx({"info", "-S", "-H", "c1"}).out, Catch::StartsWith("CPU use:        1250000000\nBlkIO use:      11010048\n"));
  world.config_values = {"a", "b"};
  CHECK(run_lxcx({"info", "-c", "lxc.x", "c1"}).out == "lxc.x = a\nb\n");
  CHECK(run_lxcx({"info", "-c", "lxc.x", "-H", "c1"}).out == "a\nb\n");
  world.info = {};
  CHECK(run_lxcx({"info", "c1"}).out == "Name:           c1\nState:          STOPPED\n");
  CHECK(run_lxcx({"info", "-p", "-H", "c1"}).out.empty());
}

std::vector<core::ContainerSummary> three_containers() {
  core::ContainerSummary a{.name = "a"}, b{.name = "container-b", .state = State::running, .init = 7, .manager = "lxcx"},
      c{.name = "c", .state = State::frozen, .init = 8, .manager = "lxc", .defined = false};
  a.autostart = true;
  a.groups = {"onboot", "web"};
  b.unprivileged = true;
  b.ipv4 = {"10.0.3.2"};
  b.memory_bytes = 1 << 20;
  return {a, b, c};
}

TEST_CASE("ls --fancy looks as lxc-ls --fancy does", "[host]") {
  core::FakeWorld& world = new_world();
  world.containers = three_containers();
  CHECK(run_lxcx({"ls", "-f"}).out ==
        "NAME        STATE   AUTOSTART GROUPS      IPV4     IPV6 UNPRIVILEGED \n"
        "a           STOPPED 1         onboot, web -        -    false        \n"
        "container-b RUNNING 0         -           10.0.3.2 -    true         \n"
        "c           FROZEN  0         -           -        -    false        \n");
  CHECK(world.listed_details == true);
  CHECK(world.listed->addresses);
  CHECK_FALSE(world.listed->memory);
  CHECK(run_lxcx({"ls", "-F", "name,pid,ram"}).out ==
        "NAME        PID RAM    \na           -   -      \ncontainer-b 7   1.00MB \nc           8   -      \n");
  CHECK(world.listed_details == false);
  CHECK_FALSE(world.listed->addresses);
  CHECK(world.listed->memory);
  CHECK(run_lxcx({"ls", "-F", "NAME,COLOUR"}).status == 2);
  world.containers.clear();
  CHECK(run_lxcx({"ls", "-f"}).out.empty());
}

TEST_CASE("ls without a terminal is one name on a line, and asks for nothing that costs", "[host]") {
  core::FakeWorld& world = new_world();
  world.containers = three_containers();
  CHECK(run_lxcx({"ls"}).out == "a\ncontainer-b\nc\n");
  CHECK(world.listed_details == false);
  CHECK_FALSE(world.listed->addresses);
  CHECK(run_lxcx({"ls", "-1"}).out == "a\ncontainer-b\nc\n");
}

TEST_CASE("ls filters by state, name, group and definition", "[host]") {
  new_world().containers = three_containers();
  CHECK(run_lxcx({"ls", "--active"}).out == "container-b\nc\n");
  CHECK(run_lxcx({"ls", "--running"}).out == "container-b\n");
  CHECK(run_lxcx({"ls", "--frozen", "--stopped"}).out == "a\nc\n");
  CHECK(run_lxcx({"ls", "--defined"}).out == "a\ncontainer-b\n");
  CHECK(run_lxcx({"ls", "^c"}).out == "container-b\nc\n");
  CHECK(run_lxcx({"ls", "--filter", "(a|b)$"}).out == "a\ncontainer-b\n");
  CHECK(run_lxcx({"ls", "-g", "web,onboot"}).out == "a\n");
  CHECK(run_lxcx({"ls", "-g", "web", "-g", "other"}).out.empty());
  CHECK(run_lxcx({"ls", "("}).status == 2);
  CHECK(run_lxcx({"ls", "a", "b"}).status == 2);
}

Error a_mount_error() {
  return {.code = Code::not_found,
          .sys_errno = ENOENT,
          .message = "mount on '/var/lib/lxc/web/rootfs'",
          .hint = "create it",
          .context = {"overlay", "attach rootfs", "start web"},
          .where = Location{"/var/lib/lxc/web/config", 12, 18},
          .details = "lower layer '/srv/base' does not exist"};
}

TEST_CASE("an error tells what, where, why and what to do, outermost first", "[host]") {
  core::FakeWorld& world = new_world();
  world.error = a_mount_error();
  const Ran ran = run_lxcx({"start", "web"});
  CHECK(ran.status == 3);
  CHECK(ran.out.empty());
  CHECK(ran.err ==
        "lxcx: start web: attach rootfs: overlay: mount on '/var/lib/lxc/web/rootfs': No such file or directory\n"
        "  /var/lib/lxc/web/config:12:18: lower layer '/srv/base' does not exist\n"
        "  hint: create it\n");
  CHECK(run_lxcx({"-q", "start", "web"}).err.empty());
}

TEST_CASE("details of several lines stand below the place, indented", "[host]") {
  Error error = a_mount_error();
  error.details = "first\nsecond\n";
  error.sys_errno = 0;
  CHECK_THAT(error_text(error), Catch::EndsWith("rootfs'\n  /var/lib/lxc/web/config:12:18\n  first\n  second\n  hint: create it\n"));
  error.where.reset();
  CHECK_THAT(error_text(error), Catch::EndsWith("rootfs'\n  first\n  second\n  hint: create it\n"));
}

TEST_CASE("every code is the exit status", "[host]") {
  for (const ExitCode& code : exit_codes) {
    new_world().error = Error{.code = code.code, .message = "no"};
    CHECK(run_lxcx({"stop", "web"}).status == static_cast<int>(code.code));
  }
}

TEST_CASE("warnings go to stderr, never into results", "[host]") {
  core::FakeWorld& world = new_world();
  world.start_outcome.warnings = {"web.conf:3: old name\n  the line\n"};
  const Ran ran = run_lxcx({"start", "web"});
  CHECK(ran.out.empty());
  CHECK(ran.err == "lxcx: warning: web.conf:3: old name\n  the line\n");
  CHECK(run_lxcx({"start", "-q", "web"}).err.empty());
}

TEST_CASE("nothing that a container controls reaches the terminal raw", "[host]") {
  CHECK(printable("caf\u00e9\ttab") == "caf\u00e9\ttab");
  CHECK(printable("\x1b[31mred\r\n") == "\\x1b[31mred\\x0d\\n");
  CHECK(printable("a\nb", true) == "a\nb");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\xc2\\x9b31m");       // CSI as one C1 character
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");                // not UTF-8
  CHECK(printable("\xc0\xaf \xed\xa0\x80") == "\\xc0\\xaf \\xed\\xa0\\x80");  // overlong, surrogate
  CHECK(printable("a\u202eb") == "a\\xe2\\x80\\xaeb");         // right-to-left override
  CHECK(printable(std::string("\0\x7f", 2)) == "\\x00\\x7f");

  core::FakeWorld& world = new_world();
  world.containers = {{.name = "evil\x1b]0;x\x07"}};
  world.info = a_running_container();
  world.info.addresses = {"\x1b[2J"};
  world.error.reset();
  for (const char* verb : {"ls", "info"}) CHECK(run_lxcx({verb, verb == std::string("info") ? "c" : "."}).out.find('\x1b') == std::string::npos);
  world.error = Error{.code = Code::hook, .message = "hook said \x1b[5m", .hint = "\x07", .context = {"\x1b"}, .details = "out\x1b[1m\nput\r"};
  CHECK(run_lxcx({"start", "web"}).err.find_first_of("\x1b\x07\r") == std::string::npos);
}

TEST_CASE("--dry-run shows the plan and --trace-steps the times", "[host]") {
  core::FakeWorld& world = new_world();
  world.plan = {{"parent", "attach rootfs", {"storage plugin 'dir'"}}, {"child", "exec", {}}};
  CHECK(run_lxcx({"start", "--dry-run", "web"}).out == "parent: attach rootfs\n  storage plugin 'dir'\nchild: exec\n");
  CHECK_FALSE(world.started);
  world.start_outcome.trace = {{"make cgroup", std::chrono::microseconds(100), "parent"}, {"mount proc", std::chrono::microseconds(300), "child"}};
  CHECK(run_lxcx({"start", "--trace-steps", "web"}).out ==
        "SIDE    STEP         TIME/us   SHARE\n"
        "parent  make cgroup     100.0  25.0%\n"
        "child   mount proc      300.0  75.0%\n");
  // In the foreground stdout is the program's.
  const Ran foreground = run_lxcx({"start", "-F", "--trace-steps", "web"});
  CHECK(foreground.out.empty());
  CHECK_THAT(foreground.err, Catch::Contains("make cgroup"));
}

TEST_CASE("a result that cannot be written is an error", "[host]") {
  new_world().containers = three_containers();
  core::FaultRecord record;
  bool failed = false;
  for (long nth = 1; nth < 20; ++nth) {
    core::FaultRecord fresh;
    core::FaultyKernel kernel(core::real_kernel(), fresh, nth, ENOSPC);
    const Ran ran = run_lxcx({"ls", "-1"}, kernel);
    // Whichever call fails, a success means that everything was written.
    if (ran.status == 0) CHECK(ran.out == "a\ncontainer-b\nc\n");
    if (ran.status == 7 && ran.err.find("write to standard output") != std::string::npos) failed = true;
  }
  CHECK(failed);
}

TEST_CASE("the log file tells how it ended", "[host]") {
  const std::string directory = std::filesystem::temp_directory_path() / ("lxcxt-host-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  core::FakeWorld& world = new_world();
  world.error = a_mount_error();
  CHECK(run_lxcx({"start", "web", "-l", "trace", "-o", directory + "/log"}).status == 3);
  std::ifstream file(directory + "/log");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::filesystem::remove_all(directory);
  CHECK_THAT(text, Catch::Contains("ERROR") && Catch::Contains("lower layer '/srv/base' does not exist"));
  CHECK(world.options->teardown_options == std::vector<std::string>{"--logfile=" + directory + "/log", "--logpriority=trace"});
}

}  // namespace
}  // namespace lxcx::host
