// SPDX-License-Identifier: Apache-2.0
#include "plugin_under_test.hpp"

using namespace lxcx;
using namespace lxcx::test;

namespace {

const lxcx_template_ops& script() {
  static const lxcx_template_ops& ops = load<lxcx_template_ops>(TEMPLATE_SCRIPT);
  return ops;
}

std::string make_script(const Scratch& scratch, const std::string& body) {
  std::string path = scratch.path + "/script";
  write_file(path, "#!/bin/sh\n" + body);
  ::chmod(path.c_str(), 0755);
  return path;
}

}  // namespace

TEST_CASE("a script is called as LXC calls it") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  build.args = {"-r", "two words", "", "$(reboot)"};
  call.settings = {{"script", make_script(scratch, "for word; do echo \"<$word>\"; done\n")}};
  REQUIRE(build.run(script(), call) == LXCX_OK);
  CHECK(call.logs == std::vector<std::string>{"<--path=" + build.directory + ">", "<--name=web>", "<--rootfs=" + build.rootfs + ">", "<-r>",
                                              "<two words>", "<>", "<$(reboot)>"});
}

TEST_CASE("with an id map it is root of a namespace, and told where its caller is") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  build.idmap = shifted_map();
  ::chown(build.rootfs.c_str(), 100000, 200000);
  call.settings = {
      {"script", make_script(scratch,
                             "id -u; id -g\n"
                             "while [ $# -gt 0 ]; do case $1 in --mapped-uid) u=$2;; --mapped-gid) g=$2;; --rootfs=*) r=${1#*=};; --path=*) "
                             "p=${1#*=};; esac; shift; done\n"
                             "echo $u $g; touch \"$r/made\"; echo edited >>\"$p/config\"; touch \"$p/back\" && chown $u:$g \"$p/back\"\n")}};
  const lxcx_code code = build.run(script(), call);
  INFO(call.message);
  REQUIRE(code == LXCX_OK);
  CHECK(call.logs == std::vector<std::string>{"0", "0", "65536 65536"});
  CHECK(status_of(build.rootfs + "/made").st_uid == 100000);
  CHECK(status_of(build.rootfs + "/made").st_gid == 200000);
  CHECK(read_file(build.config_path) == "edited\n");
  CHECK(status_of(build.directory + "/back").st_uid == 0);
}

TEST_CASE("failure tells the status and the last words") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  SECTION("exit status") {
    call.settings = {{"script", make_script(scratch, "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; echo no mirror >&2; exit 3\n")}};
    CHECK(build.run(script(), call) != LXCX_OK);
    CHECK(call.message.find("exit status 3") != std::string::npos);
    CHECK(call.message.find("no mirror") != std::string::npos);
    CHECK(call.message.find("line 12") != std::string::npos);
    CHECK(call.message.find("line 2\n") == std::string::npos);
    CHECK(call.logged("line 1"));
  }
  SECTION("signal") {
    call.settings = {{"script", make_script(scratch, "kill -SEGV $$\n")}};
    CHECK(build.run(script(), call) != LXCX_OK);
    CHECK(call.message.find("signal 11") != std::string::npos);
  }
  SECTION("no interpreter") {
    write_file(scratch.path + "/script", "#!/no/such/shell\n");
    ::chmod((scratch.path + "/script").c_str(), 0755);
    call.settings = {{"script", scratch.path + "/script"}};
    CHECK(build.run(script(), call) == LXCX_NOT_FOUND);
    CHECK(call.hint.find("interpreter") != std::string::npos);
  }
}

TEST_CASE("cancelling ends the script and what it started") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  call.is_cancelled = true;
  call.settings = {{"script", make_script(scratch, "sleep 98765 & echo $! >\"" + scratch.path + "/pid\"; wait\n")}};
  CHECK(build.run(script(), call) == LXCX_CANCELLED);
  const std::string pid = read_file(scratch.path + "/pid");
  ::usleep(100000);
  if (!pid.empty()) CHECK(shell("ps -o stat= -p " + pid.substr(0, pid.find('\n')) + " | grep -v Z").output.empty());
}

TEST_CASE("what cannot be a template is refused") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  write_file(scratch.path + "/plain", "");
  write_file(scratch.path + "/open", "#!/bin/sh\n");
  ::chmod((scratch.path + "/open").c_str(), 0777);
  // "@" is the scratch directory, which is another for each value.
  const auto [pattern, code] = GENERATE(table<std::string, lxcx_code>({{"", LXCX_USAGE},
                                                                       {"../etc/passwd", LXCX_USAGE},
                                                                       {".", LXCX_USAGE},
                                                                       {"no-such-template", LXCX_NOT_FOUND},
                                                                       {"@", LXCX_USAGE},
                                                                       {"@/plain", LXCX_DENIED},
                                                                       {"@/open", LXCX_DENIED}}));
  const std::string name = pattern.starts_with('@') ? scratch.path + pattern.substr(1) : pattern;
  call.settings = {{"script", name}};
  CAPTURE(name);
  CHECK(build.run(script(), call) == code);
  CHECK(build.options(script(), call) == code);
}

TEST_CASE("help is passed on whatever its exit status") {
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  call.settings = {{"script", make_script(scratch, "for w; do [ \"$w\" = --help ] && echo usage: mine; done; exit 1\n")}};
  CHECK(build.options(script(), call) == LXCX_OK);
  CHECK(call.all("text") == std::vector<std::string>{"usage: mine"});
}

TEST_CASE("Debian's lxc-busybox makes a root that runs") {
  if (!exists("/usr/share/lxc/templates/lxc-busybox")) {
    WARN("skipped: /usr/share/lxc/templates/lxc-busybox is not installed");
    return;
  }
  Scratch scratch;
  FakeCall call;
  TestBuild build(scratch);
  call.settings = {{"script", "busybox"}};
  const lxcx_code code = build.run(script(), call);
  INFO(call.message);
  REQUIRE(code == LXCX_OK);
  CHECK(read_file(build.config_path).find("lxc.signal.halt") != std::string::npos);
  const Ran ran = shell("chroot '" + build.rootfs + "' /bin/busybox ls /");
  INFO(ran.output);
  CHECK(ran.status == 0);
}
