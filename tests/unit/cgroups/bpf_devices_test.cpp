// SPDX-License-Identifier: Apache-2.0
// The device program in a real kernel, on a v2 group of this test's own; works on hybrid too.
#include "core/cgroup/bpf_devices.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/cgroup/cgroups.hpp"
#include "recording_log.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

Kernel& kernel = real_kernel();

/// Opens a device from inside the group; 0 or errno.
int open_inside(int group_fd, const char* device, int flags) {
  clone_args arguments = {};
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<__u64>(group_fd);
  const auto child = kernel.clone3(arguments);
  if (!child) return -1;
  if (*child == 0) ::_exit(::open(device, flags | O_CLOEXEC) < 0 ? errno : 0);
  return kernel.wait_pid(*child)->as_shell();
}

DeviceChange allow(const char* text) { return {true, parse_device_rule(text).value()}; }
DeviceChange deny(const char* text) { return {false, parse_device_rule(text).value()}; }

}  // namespace

TEST_CASE("the device program denies and allows in the kernel, and changes at run time", "[bpf_devices][root]") {
  test::RecordingLog log;
  auto cgroups = Cgroups::open(kernel, log);
  REQUIRE(cgroups);
  const std::string name = "lxcxt-bpf-" + std::to_string(::getpid());
  REQUIRE(cgroups->create(name));
  const auto group_path = cgroups->open_v2(name);
  REQUIRE(group_path);
  REQUIRE(*group_path);
  const auto group = kernel.openat(group_path->get(), ".", O_RDONLY | O_DIRECTORY);
  REQUIRE(group);

  CHECK(open_inside(group->get(), "/dev/null", O_RDWR) == 0);
  REQUIRE(change_devices(kernel, group->get(), {deny("a")}));
  CHECK(open_inside(group->get(), "/dev/null", O_RDONLY) == EPERM);
  REQUIRE(change_devices(kernel, group->get(), {allow("c 1:3 r")}));
  CHECK(open_inside(group->get(), "/dev/null", O_RDONLY) == 0);
  CHECK(open_inside(group->get(), "/dev/null", O_RDWR) == EPERM);
  CHECK(open_inside(group->get(), "/dev/zero", O_RDONLY) == EPERM);
  REQUIRE(change_devices(kernel, group->get(), {allow("c 1:3 w"), allow("c 1:5 rwm")}));
  CHECK(open_inside(group->get(), "/dev/null", O_RDWR) == 0);
  CHECK(open_inside(group->get(), "/dev/zero", O_RDONLY) == 0);
  REQUIRE(change_devices(kernel, group->get(), {deny("c 1:5 rwm")}));
  CHECK(open_inside(group->get(), "/dev/zero", O_RDONLY) == EPERM);
  CHECK(device_changes(kernel, group->get()).value() == "deny a\nallow c 1:3 r\nallow c 1:3 w\nallow c 1:5 rwm\ndeny c 1:5 rwm\n");
  REQUIRE(change_devices(kernel, group->get(), {allow("a")}));
  CHECK(open_inside(group->get(), "/dev/zero", O_RDWR) == 0);
  CHECK(device_changes(kernel, group->get()).value() == "allow a\n");

  CHECK(cgroups->destroy(name));
}
