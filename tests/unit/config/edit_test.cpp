// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "core/config/edit.hpp"
#include "core/config/keys.hpp"
#include "tests/unit/config/configs.hpp"

using namespace lxcx;
using namespace lxcx::core;

namespace {

using Verb = ConfigEdit::Verb;
using Files = std::map<std::string, std::string>;

Result<EditedConfig> edited(std::string_view text, const ConfigEdit& edit, const Files& files = {}) {
  return edit_config(text, "config", test::files(files), edit);
}

std::string after(std::string_view text, const ConfigEdit& edit, const Files& files = {}) {
  const Result<EditedConfig> result = edited(text, edit, files);
  INFO((result ? "" : result.error().message + result.error().details));
  REQUIRE(result);
  return result->text;
}

Error refusal(std::string_view text, const ConfigEdit& edit, const Files& files = {}) {
  const Result<EditedConfig> result = edited(text, edit, files);
  REQUIRE_FALSE(result);
  return result.error();
}

const Files common{{"/common", "lxc.cap.drop = mac_admin\nlxc.tty.max = 4\n"}};

}  // namespace

TEST_CASE("setting a key changes its line and no other byte", "[config][edit]") {
  const std::string text = "# a comment\n\nwords of somebody else\n  lxc.tty.max=1\n#lxc.tty.max = 9\nlxc.uts.name = web";
  CHECK(after(text, {Verb::set, "lxc.tty.max", "2"}) ==
        "# a comment\n\nwords of somebody else\n  lxc.tty.max = 2\n#lxc.tty.max = 9\nlxc.uts.name = web");
  CHECK(after(text, {Verb::set, "lxc.uts.name", " db "}) ==
        "# a comment\n\nwords of somebody else\n  lxc.tty.max=1\n#lxc.tty.max = 9\nlxc.uts.name = \" db \"\n");
  CHECK(after(text, {Verb::set, "lxc.pty.max", "5"}) == text + "\nlxc.pty.max = 5\n");
  CHECK(after("", {Verb::set, "lxc.pty.max", "5"}) == "lxc.pty.max = 5\n");
  CHECK(after("\xef\xbb\xbflxc.tty.max = 1\r\nlxc.pty.max = 2\r\n", {Verb::set, "lxc.tty.max", "2"}) ==
        "\xef\xbb\xbflxc.tty.max = 2\r\nlxc.pty.max = 2\r\n");
}

TEST_CASE("of several lines of a key with one value the last one is set and the others go", "[config][edit]") {
  CHECK(after("lxc.tty.max = 1\nlxc.pty.max = 7\nlxc.tty.max = 2\n# end\n", {Verb::set, "lxc.tty.max", "3"}) ==
        "lxc.pty.max = 7\nlxc.tty.max = 3\n# end\n");
}

TEST_CASE("a line by its name from before 2.1 is the key's line", "[config][edit]") {
  CHECK(after("lxc.utsname = web\n", {Verb::set, "lxc.uts.name", "db"}) == "lxc.uts.name = db\n");
  CHECK(after("lxc.uts.name = web\n", {Verb::set, "lxc.utsname", "db"}) == "lxc.uts.name = db\n");
  CHECK(after("lxc.network.type = veth\nlxc.network.link = a\nlxc.network.flags = up\n", {Verb::set, "lxc.net.0.link", "b"}) ==
        "lxc.network.type = veth\nlxc.net.0.link = b\nlxc.network.flags = up\n");
  CHECK(after("lxc.utsname = web\nlxc.tty = 1\n", {Verb::unset, "lxc.uts.name", {}}) == "lxc.tty = 1\n");
}

TEST_CASE("the lines of a list become one, or one more with append", "[config][edit]") {
  const std::string text = "lxc.group = a\n# between\nlxc.group = b\nlxc.tty.max = 1\n";
  CHECK(after(text, {Verb::set, "lxc.group", "c"}) == "lxc.group = c\n# between\nlxc.tty.max = 1\n");
  CHECK(after(text, {Verb::append, "lxc.group", "c"}) == "lxc.group = a\n# between\nlxc.group = b\nlxc.group = c\nlxc.tty.max = 1\n");
  CHECK(after(text, {Verb::set, "lxc.group", ""}) == "# between\nlxc.group =\nlxc.tty.max = 1\n");
  CHECK(after(text, {Verb::unset, "lxc.group", {}}) == "# between\nlxc.tty.max = 1\n");
  CHECK(after("lxc.tty.max = 1", {Verb::append, "lxc.group", "c"}) == "lxc.tty.max = 1\nlxc.group = c\n");
}

TEST_CASE("a list that the file clears first stays cleared", "[config][edit]") {
  const std::string text = "lxc.include = /common\nlxc.cap.drop =\nlxc.cap.drop = sys_time\nlxc.cap.drop = mknod\n";
  const std::string set = after(text, {Verb::set, "lxc.cap.drop", "chown"}, common);
  CHECK(set == "lxc.include = /common\nlxc.cap.drop =\nlxc.cap.drop = chown\n");
  CHECK(config_values(test::parse(set, common).config, "lxc.cap.drop") == std::vector<std::string>{"chown"});
  CHECK(after("lxc.include = /common\nlxc.cap.drop =\n", {Verb::set, "lxc.cap.drop", "chown"}, common) == set);
}

TEST_CASE("what an include gives is told and not changed", "[config][edit]") {
  const std::string text = "lxc.include = /common\n";
  const Result<EditedConfig> set = edited(text, {Verb::set, "lxc.cap.drop", "chown"}, common);
  REQUIRE(set);
  CHECK(set->text == text + "lxc.cap.drop = chown\n");
  REQUIRE(set->warnings.size() == 1);
  CHECK_THAT(set->warnings[0], Catch::Contains("/common:1 sets lxc.cap.drop"));
  const Result<EditedConfig> unset = edited(set->text, {Verb::unset, "lxc.cap.drop", {}}, common);
  REQUIRE(unset);
  CHECK(unset->text == text);
  REQUIRE(unset->warnings.size() == 1);
  const Error nothing = refusal(text, {Verb::unset, "lxc.tty.max", {}}, common);
  CHECK(nothing.code == Code::not_found);
  CHECK_THAT(nothing.hint, Catch::Contains("/common:2 sets lxc.tty.max"));
  CHECK(after(text, {Verb::set, "lxc.tty.max", "1"}, common) == text + "lxc.tty.max = 1\n");
}

TEST_CASE("a line goes below an include that would overrule it", "[config][edit]") {
  CHECK(after("lxc.tty.max = 1\nlxc.include = /common\n", {Verb::set, "lxc.tty.max", "2"}, common) == "lxc.include = /common\nlxc.tty.max = 2\n");
  CHECK(after("lxc.cap.drop =\nlxc.include = /common\n", {Verb::set, "lxc.cap.drop", ""}, common) == "lxc.include = /common\nlxc.cap.drop =\n");
  CHECK(after("lxc.tty.max = 1\nlxc.include = /common\n", {Verb::set, "lxc.tty.max", ""}, common) == "lxc.include = /common\nlxc.tty.max =\n");
}

TEST_CASE("a network device's keys stay together, and go together", "[config][edit]") {
  const std::string text = "lxc.net.0.type = veth\nlxc.net.1.type = empty\nlxc.tty.max = 1\n";
  const std::string set = after(text, {Verb::set, "lxc.net.0.link", "br0"});
  CHECK(set == "lxc.net.0.type = veth\nlxc.net.0.link = br0\nlxc.net.1.type = empty\nlxc.tty.max = 1\n");
  CHECK(after(set, {Verb::unset, "lxc.net.0", {}}) == "lxc.net.1.type = empty\nlxc.tty.max = 1\n");
  CHECK(after(set, {Verb::unset, "lxc.net", {}}) == "lxc.tty.max = 1\n");
  CHECK(after(set, {Verb::set, "lxc.net.0", ""}) == set + "lxc.net.0 =\n");
  CHECK(refusal(text, {Verb::set, "lxc.net.2.link", "br0"}).message == "lxc.net.2.link: network device 2 has no type yet");
  const Error headless = refusal(set, {Verb::unset, "lxc.net.0.type", {}});
  CHECK(headless.code == Code::config);
  CHECK_THAT(headless.details, Catch::Contains("network device 0 has no type yet"));
}

TEST_CASE("groups and families are unset whole, and nothing beside them", "[config][edit]") {
  const std::string text =
      "lxc.cgroup.memory.max = 1\nlxc.cgroup.dir = a\nlxc.hook.start = /a\nlxc.hook.version = 1\nlxc.sysctl.a.b = 1\nlxc.cap.keep = chown\n";
  CHECK(after(text, {Verb::unset, "lxc.cgroup", {}}) == text.substr(26));
  CHECK_THAT(after(text, {Verb::unset, "lxc.hook", {}}), !Catch::Contains("hook.start") && Catch::Contains("hook.version"));
  CHECK_THAT(after(text, {Verb::unset, "lxc.sysctl.", {}}), !Catch::Contains("sysctl"));
  CHECK(refusal(text, {Verb::unset, "lxc.cap.drop", {}}).code == Code::not_found);
}

TEST_CASE("what would not load, or would do nothing, is refused", "[config][edit]") {
  const std::string good = "lxc.tty.max = 1\n";
  CHECK(refusal(good, {Verb::set, "lxc.tty.max", "many"}).code == Code::config);
  CHECK(refusal(good, {Verb::set, "lxc.uts.name", "a\nlxc.hook.start = /evil"}).code == Code::config);
  CHECK(refusal(good, {Verb::set, "lxc.arch", ""}).message == "lxc.arch needs a value");
  CHECK(refusal(good, {Verb::set, "lxc.hook", "/bin/true"}).code == Code::config);
  CHECK(refusal(good, {Verb::set, "lxc.cgroup2.", "1"}).code == Code::usage);
  CHECK(refusal(good, {Verb::set, "lxc.net.x.link", "1"}).code == Code::usage);
  CHECK(refusal(good, {Verb::append, "lxc.tty.max", "1"}).code == Code::usage);
  CHECK(refusal(good, {Verb::append, "lxc.group", ""}).code == Code::usage);
  CHECK(refusal(good, {Verb::set, "lxc.tty.maxx", "1"}).hint == "did you mean lxc.tty.max?");
  CHECK(refusal(good, {Verb::set, "lxc.network.link", "1"}).hint == "write lxc.net.0.link");
  CHECK(refusal(good, {Verb::set, "lxc.rootfs.backend", "dir"}).code == Code::usage);
  CHECK(refusal(good, {Verb::set, "lxc.kmsg", "0"}).code == Code::usage);
  CHECK(refusal(good, {Verb::set, "lxc.include", "/none"}).code == Code::config);
  // Behind a NUL byte nothing is read.
  CHECK_THAT(refusal(std::string("lxc.tty.max = 1\n\0", 17), {Verb::set, "lxc.pty.max", "1"}).message, Catch::Contains("would have no effect"));
  CHECK_THAT(refusal("lxc.rootfs = /a\nlxc.rootfs.backend = overlay\n", {Verb::set, "lxc.rootfs.path", "/b"}).hint,
             Catch::Contains("lxcx config convert"));
  CHECK_THAT(refusal("lxc.network.type = veth\nlxc.network.link = a\n", {Verb::set, "lxc.net.0.type", "empty"}).hint,
             Catch::Contains("lxcx config convert"));
}

TEST_CASE("a file with errors can be mended by a change, and by none that leaves them", "[config][edit]") {
  const std::string bad = "lxc.tty.max = many\nlxc.uts.name = web\n";
  CHECK(after(bad, {Verb::set, "lxc.tty.max", "1"}) == "lxc.tty.max = 1\nlxc.uts.name = web\n");
  CHECK(after(bad, {Verb::unset, "lxc.tty.max", {}}) == "lxc.uts.name = web\n");
  const Error error = refusal(bad, {Verb::set, "lxc.uts.name", "db"});
  CHECK(error.code == Code::config);
  CHECK_THAT(error.details, Catch::Contains("'many' is not a number"));
}

TEST_CASE("what is set is what is read, for every key, and unset leaves nothing of it", "[config][edit]") {
  static const std::map<std::string_view, std::string> samples{{"0 or 1", "1"},
                                                               {"number", "1"},
                                                               {"signal", "SIGHUP"},
                                                               {"signal or 0", "0"},
                                                               {"size or auto", "auto"},
                                                               {"architecture", "x86_64"},
                                                               {"directory", "lxc"},
                                                               {"name", "inner"},
                                                               {"bytes", "4096"},
                                                               {"relative path", "a/b"},
                                                               {"NAME=value or NAME", "A=b"},
                                                               {"words", "proc"},
                                                               {"capabilities", "chown"},
                                                               {"capabilities or none", "none"},
                                                               {"namespaces", "net"},
                                                               {"number and unit", "5s"},
                                                               {"u|g inside outside range", "u 0 100000 65536"},
                                                               {"soft[:hard]", "1:2"},
                                                               {"fstab(5) line", "/a b none bind"},
                                                               {"unix:PATH", "unix:/a"},
                                                               {"0-8 or name", "INFO"},
                                                               {"daemon or localN", "local0"},
                                                               {"number[,number…]", "1,2"},
                                                               {"interface", "eth0"},
                                                               {"address, auto or dev", "auto"},
                                                               {"hardware address", "00:16:3e:00:00:00"},
                                                               {"bridge or router", "router"},
                                                               {"1-4094 or none", "1"},
                                                               {"1-4094", "1"},
                                                               {"0-4094", "1"},
                                                               {"up", "up"},
                                                               {"private, vepa, bridge or passthru", "vepa"},
                                                               {"l3, l3s or l2", "l2"},
                                                               {"bridge, private or vepa", "vepa"}};
  const std::string most =
      "# mine\nlxc.uts.name = web\nlxc.net.0.type = veth\nlxc.net.1.type = macvlan\nlxc.net.2.type = ipvlan\nlxc.net.3.type = vlan\n";
  for (const KeyInfo& info : config_keys()) {
    std::string key(info.name);
    if (info.type == "nothing" || key == "lxc.include" || key == "lxc.net." || key == "lxc.net.N.type" || key == "lxc.uts.name") continue;
    if (key == "lxc.prlimit.") key += "nofile";
    if (key == "lxc.namespace.share.") key += "net";
    if (key.ends_with('.')) key += "memory.max";
    if (const std::size_t n = key.find(".N."); n != key.npos) {
      const bool is_macvlan = key.find("macvlan") != key.npos, is_ipvlan = key.find("ipvlan") != key.npos, is_vlan = key.ends_with("N.vlan.id");
      key[n + 1] = is_macvlan ? '1' : is_ipvlan ? '2' : is_vlan ? '3' : '0';
    }
    const auto sample = samples.find(info.type);
    std::string value = sample == samples.end() ? "/a" : sample->second;
    if (key.find("ipv4") != key.npos && value == "/a") value = "10.0.0.1/24";
    if (key.find("ipv6") != key.npos && value == "/a") value = "fd00::1/64";
    CAPTURE(key, value);
    const std::string other = most + (key == "lxc.cgroup.dir.monitor" ? "lxc.cgroup.dir.container = c\n" : "");  // needs it
    const std::string set = after(other, {Verb::set, key, value});
    CHECK(config_values(test::good(set), key) == std::vector<std::string>{value});
    CHECK(after(set, {Verb::set, key, value}) == set);
    CHECK(after(set, {Verb::unset, key, {}}) == other);
    const Result<std::string> printed = print_config(test::good(set));
    REQUIRE(printed);
    CHECK(*print_config(test::good(*printed)) == *printed);
  }
}
