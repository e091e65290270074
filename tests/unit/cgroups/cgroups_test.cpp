// SPDX-License-Identifier: Apache-2.0
// Against the machine's own hierarchies, in groups named lxcxt-…
#include "core/cgroup/cgroups.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "core/cgroup/cgroup_layout.hpp"
#include "core/kernel/faulty_kernel.hpp"
#include "core/kernel/files.hpp"
#include "recording_log.hpp"

namespace fs = std::filesystem;
using namespace lxcx;
using namespace lxcx::core;

namespace {

Kernel& kernel = real_kernel();

struct Fixture {
  test::RecordingLog log;
  Cgroups cgroups = Cgroups::open(kernel, log).value();
  std::string name = "lxcxt-cg-" + std::to_string(::getpid());
  std::vector<pid_t> children;

  ~Fixture() {
    for (const pid_t child : children) {
      ::kill(child, SIGKILL);
      (void)kernel.wait_pid(child);
    }
    (void)cgroups.destroy(name);
  }
  int directories() const {
    int count = 0;
    for (const Hierarchy& hierarchy : cgroups.hierarchies()) count += fs::exists(group_directory(hierarchy, name));
    return count;
  }
  bool has_v1(const char* controller) const {
    return std::any_of(cgroups.hierarchies().begin(), cgroups.hierarchies().end(), [&](const Hierarchy& hierarchy) {
      return !hierarchy.is_v2 && std::find(hierarchy.controllers.begin(), hierarchy.controllers.end(), controller) != hierarchy.controllers.end();
    });
  }
  /// A child that entered `group` by itself and sleeps.
  pid_t sleeper_in(const std::string& group) {
    auto ends = kernel.pipe2(0).value();
    const pid_t child = kernel.fork().value();
    if (child == 0) {
      const bool entered = cgroups.enter(group, 0).has_value();
      (void)kernel.write(ends.second.get(), entered ? "y" : "n", 1);
      ::pause();
      ::_exit(0);
    }
    ends.second.reset();
    children.push_back(child);
    char answer = 'n';
    (void)kernel.read(ends.first.get(), &answer, 1);
    REQUIRE(answer == 'y');
    return child;
  }
};

Setting setting(const char* key, const char* value) { return Setting{key, value, Location{"config", 7, 3}}; }

}  // namespace

TEST_CASE("a group is made in every hierarchy and removed from every one, again and again", "[cgroups][root]") {
  Fixture f;
  REQUIRE_FALSE(f.cgroups.hierarchies().empty());
  const int all = static_cast<int>(f.cgroups.hierarchies().size());
  REQUIRE(f.cgroups.create(f.name));
  CHECK(f.directories() == all);
  const auto twice = f.cgroups.create(f.name);
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == Code::busy);
  CHECK(f.directories() == all);
  CHECK(f.cgroups.free_name(f.name).value() == f.name + "-1");
  REQUIRE(f.cgroups.destroy(f.name));
  CHECK(f.directories() == 0);
  CHECK(f.cgroups.destroy(f.name));
  CHECK(f.cgroups.free_name(f.name).value() == f.name);
  CHECK(f.log.warnings.empty());
}

TEST_CASE("create leaves nothing behind, whichever call fails", "[cgroups][root][fault]") {
  Fixture f;
  FaultRecord& counted = **map_fault_record(nullptr);
  FaultyKernel counting(kernel, counted, 0, EIO);
  REQUIRE(Cgroups::open(counting, f.log)->create(f.name));
  REQUIRE(f.cgroups.destroy(f.name));
  int failures = 0;
  for (long nth = 1; nth <= counted.calls; ++nth) {
    FaultRecord& record = **map_fault_record(nullptr);
    FaultyKernel faulty(kernel, record, nth, EIO);
    auto cgroups = Cgroups::open(faulty, f.log);
    if (cgroups && cgroups->create(f.name)) {
      REQUIRE(f.cgroups.destroy(f.name));
      continue;
    }
    ++failures;
    INFO("call " << nth << " " << record.failed_call.data());
    CHECK(f.directories() == 0);
  }
  CHECK(failures > static_cast<int>(f.cgroups.hierarchies().size()));
}

TEST_CASE("destroy works at the second try, whichever call of the first fails", "[cgroups][root][fault]") {
  Fixture f;
  for (long nth = 1; nth <= 40; ++nth) {
    REQUIRE(f.cgroups.create(f.name));
    FaultRecord& record = **map_fault_record(nullptr);
    FaultyKernel faulty(kernel, record, nth, EIO);
    auto cgroups = Cgroups::open(faulty, f.log);
    if (cgroups) (void)cgroups->destroy(f.name);
    INFO("call " << nth << " " << record.failed_call.data());
    REQUIRE(f.cgroups.destroy(f.name));
    CHECK(f.directories() == 0);
  }
}

TEST_CASE("no path reaches a base", "[cgroups][root]") {
  Fixture f;
  for (const char* bad : {"", ".", "..", "/", "a/../.."}) {
    CHECK_FALSE(f.cgroups.create(bad));
    CHECK_FALSE(f.cgroups.destroy(bad));
    CHECK_FALSE(f.cgroups.freeze(bad, true, 0));
    CHECK_FALSE(f.cgroups.enter(bad, 0));
  }
  CHECK_FALSE(f.cgroups.read("x", "../cgroup.procs"));
}

TEST_CASE("a process can enter a new group at once, cpuset included", "[cgroups][root]") {
  Fixture f;
  REQUIRE(f.cgroups.create(f.name));
  const pid_t child = f.sleeper_in(f.name);
  const std::string membership = read_file(kernel, AT_FDCWD, ("/proc/" + std::to_string(child) + "/cgroup").c_str(), 65536).value();
  std::size_t found = 0;
  for (std::size_t at = membership.find(f.name); at != std::string::npos; at = membership.find(f.name, at + 1)) ++found;
  CHECK(found == f.cgroups.hierarchies().size());
}

TEST_CASE("a child joins the v1 groups through the opened tasks files alone", "[cgroups][root]") {
  Fixture f;
  REQUIRE(f.cgroups.create(f.name));
  auto tasks = f.cgroups.open_v1_tasks(f.name);
  REQUIRE(tasks);
  const auto v1_count = std::count_if(f.cgroups.hierarchies().begin(), f.cgroups.hierarchies().end(), [](const Hierarchy& h) { return !h.is_v2; });
  CHECK(static_cast<long>(tasks->size()) == v1_count);
  const pid_t child = kernel.fork().value();
  if (child == 0) {
    bool good = true;
    for (const UniqueFd& one : *tasks) good = good && kernel.write(one.get(), "0", 1);
    ::_exit(good ? 0 : 1);
  }
  CHECK(kernel.wait_pid(child)->as_shell() == 0);
}

TEST_CASE("destroy kills what is inside, nested and frozen too", "[cgroups][root]") {
  Fixture f;
  REQUIRE(f.cgroups.create(f.name));
  REQUIRE(f.cgroups.create(f.name + "/a"));
  REQUIRE(f.cgroups.create(f.name + "/a/b"));
  REQUIRE(f.cgroups.create(f.name + "/c"));
  const pid_t outer = f.sleeper_in(f.name + "/c");  // v2 takes processes in leaves only
  const pid_t inner = f.sleeper_in(f.name + "/a/b");
  REQUIRE(f.cgroups.freeze(f.name + "/a/b", true, 2000));
  const auto outer_fd = kernel.pidfd_open(outer);
  const auto inner_fd = kernel.pidfd_open(inner);
  REQUIRE(f.cgroups.destroy(f.name));
  CHECK(f.directories() == 0);
  CHECK(kernel.wait_pidfd(outer_fd->get(), 1000).value());
  CHECK(kernel.wait_pidfd(inner_fd->get(), 1000).value());
}

TEST_CASE("destroy refuses to kill its caller", "[cgroups][root]") {
  Fixture f;
  REQUIRE(f.cgroups.create(f.name));
  const pid_t child = kernel.fork().value();
  if (child == 0) {
    if (!f.cgroups.enter(f.name, 0)) ::_exit(2);
    const auto refused = f.cgroups.destroy(f.name);
    ::_exit(!refused && refused.error().code == Code::busy ? 0 : 1);
  }
  CHECK(kernel.wait_pid(child)->as_shell() == 0);
}

TEST_CASE("a deep tree of groups is removed with few fds", "[cgroups][root]") {
  Fixture f;
  REQUIRE(f.cgroups.create(f.name));
  const Hierarchy& hierarchy = f.cgroups.hierarchies().back();
  std::string path = group_directory(hierarchy, f.name);
  for (int depth = 0; depth < 60; ++depth) {
    path += "/d";
    REQUIRE(kernel.mkdirat(AT_FDCWD, path.c_str(), 0755));
    REQUIRE(kernel.mkdirat(AT_FDCWD, (path + "e").c_str(), 0755));
  }
  CHECK(f.cgroups.destroy(f.name));
  CHECK(f.directories() == 0);
}

TEST_CASE("freeze and thaw", "[cgroups][root]") {
  Fixture f;
  REQUIRE(f.cgroups.create(f.name));
  f.sleeper_in(f.name);
  CHECK_FALSE(f.cgroups.is_frozen(f.name).value());
  REQUIRE(f.cgroups.freeze(f.name, true, 2000));
  CHECK(f.cgroups.is_frozen(f.name).value());
  REQUIRE(f.cgroups.freeze(f.name, true, 2000));
  REQUIRE(f.cgroups.freeze(f.name, false, 2000));
  CHECK_FALSE(f.cgroups.is_frozen(f.name).value());
  CHECK_FALSE(f.cgroups.freeze("lxcxt-no-such-group", true, 100));
}

TEST_CASE("a group frozen by the v1 freezer is seen and thawed", "[cgroups][root]") {
  Fixture f;
  if (!f.has_v1("freezer")) {
    WARN("no v1 freezer here: nothing to check");
    return;
  }
  REQUIRE(f.cgroups.create(f.name));
  f.sleeper_in(f.name);
  REQUIRE(f.cgroups.write(f.name, "freezer.state", "FROZEN"));
  for (int i = 0; i < 200 && !f.cgroups.is_frozen(f.name).value(); ++i) (void)kernel.poll({}, 5);
  CHECK(f.cgroups.is_frozen(f.name).value());
  REQUIRE(f.cgroups.freeze(f.name, false, 2000));
  CHECK_FALSE(f.cgroups.is_frozen(f.name).value());
}

TEST_CASE("limits are written in order, the swap limit last", "[cgroups][root]") {
  Fixture f;
  if (!f.has_v1("memory")) {
    WARN("no v1 memory controller here: nothing to check");
    return;
  }
  REQUIRE(f.cgroups.create(f.name));
  const bool has_swap_limit = f.cgroups.read(f.name, "memory.memsw.limit_in_bytes").has_value();
  ContainerConfig config;
  // In this order the kernel would refuse the first; a later line of the same key wins.
  if (has_swap_limit) config.cgroup_v1.push_back(setting("memory.memsw.limit_in_bytes", "134217728"));
  config.cgroup_v1.push_back(setting("memory.limit_in_bytes", "33554432"));
  config.cgroup_v1.push_back(setting("memory.limit_in_bytes", "67108864"));
  config.cgroup_v1.push_back(setting("pids.max", "77"));
  config.cgroup_v1.push_back(setting("devices.deny", "a"));
  REQUIRE(f.cgroups.apply_limits(f.name, config, false));
  CHECK(f.cgroups.read(f.name, "memory.limit_in_bytes").value() == "67108864\n");
  if (has_swap_limit) CHECK(f.cgroups.read(f.name, "memory.memsw.limit_in_bytes").value() == "134217728\n");
  CHECK(f.cgroups.read(f.name, "pids.max").value() == "77\n");
  CHECK(f.cgroups.read(f.name, "devices.list").value() == "a *:* rwm\n");  // not yet: a device key
}

TEST_CASE("device keys come in their own round; a path stands for its numbers", "[cgroups][root]") {
  Fixture f;
  if (!f.has_v1("devices")) {
    WARN("no v1 devices controller here: nothing to check");
    return;
  }
  REQUIRE(f.cgroups.create(f.name));
  ContainerConfig config;
  config.cgroup_v1 = {setting("pids.max", "77"), setting("devices.deny", "a"), setting("devices.allow", "c 1:3 rwm"),
                      setting("devices.allow", "/dev/zero r")};
  REQUIRE(f.cgroups.apply_limits(f.name, config, true));
  CHECK(f.cgroups.read(f.name, "devices.list").value() == "c 1:3 rwm\nc 1:5 r\n");
  CHECK(f.cgroups.read(f.name, "pids.max").value() == "max\n");
  REQUIRE(f.cgroups.write(f.name, "devices.allow", "/dev/full rw"));
  CHECK(f.cgroups.read(f.name, "devices.list").value() == "c 1:3 rwm\nc 1:5 r\nc 1:7 rw\n");
}

TEST_CASE("a bad limit names its place and its value", "[cgroups][root]") {
  Fixture f;
  if (!f.has_v1("pids")) {
    WARN("no v1 pids controller here: nothing to check");
    return;
  }
  REQUIRE(f.cgroups.create(f.name));
  ContainerConfig config;
  config.cgroup_v1 = {setting("pids.max", "many")};
  const auto refused = f.cgroups.apply_limits(f.name, config, false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sys_errno == EINVAL);
  CHECK(refused.error().message.find("write 'many' to '") == 0);
  REQUIRE(refused.error().where);
  CHECK(refused.error().where->line == 7);

  config.cgroup_v1 = {setting("nosuch.limit", "1")};
  CHECK(f.cgroups.apply_limits(f.name, config, false).error().code == Code::not_found);
  config.cgroup_v1 = {setting("devices.allow", "/dev/no-such-device r")};
  CHECK(f.cgroups.apply_limits(f.name, config, true).error().code == Code::not_found);
}

TEST_CASE("on hybrid a limit for v2 is warned about, once per key, unless v1's says the same", "[cgroups][root]") {
  Fixture f;
  if (f.cgroups.layout() != CgroupLayout::hybrid) {
    WARN("the layout here is not hybrid: nothing to check");
    return;
  }
  REQUIRE(f.cgroups.create(f.name));
  ContainerConfig config;
  config.cgroup_v2 = {setting("memory.max", "64M"), setting("pids.max", "5")};
  config.cgroup_v1 = {setting("pids.max", "5")};
  REQUIRE(f.cgroups.apply_limits(f.name, config, false));
  REQUIRE(f.log.warnings.size() == 1);
  CHECK(f.log.warnings[0].find("config:7: lxc.cgroup2.memory.max: ") == 0);
  CHECK(f.log.warnings[0].find(", ignoring") != std::string::npos);
}

TEST_CASE("delegation gives the directory and the files that cgroups(7) names, no others", "[cgroups][root]") {
  Fixture f;
  REQUIRE(f.cgroups.create(f.name));
  REQUIRE(f.cgroups.delegate(f.name, 100000, 100001));
  for (const Hierarchy& hierarchy : f.cgroups.hierarchies()) {
    const std::string directory = group_directory(hierarchy, f.name);
    const auto group = kernel.fstatat(AT_FDCWD, directory.c_str(), 0).value();
    CHECK(group.st_uid == 100000);
    CHECK(group.st_gid == 100001);
    CHECK((group.st_mode & 0777) == 0775);
    CHECK(kernel.fstatat(AT_FDCWD, (directory + "/cgroup.procs").c_str(), 0)->st_uid == 100000);
    if (!hierarchy.is_v2) CHECK(kernel.fstatat(AT_FDCWD, (directory + "/notify_on_release").c_str(), 0)->st_uid == 0);
    if (hierarchy.is_v2) CHECK(kernel.fstatat(AT_FDCWD, (directory + "/cgroup.freeze").c_str(), 0)->st_uid == 0);
  }
}
